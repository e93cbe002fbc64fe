import type fc from "fast-check";

/** What an input may bring to light. `500`: an internal error, in whatever way it is told; `wrong`: an answer that is not the one owed. */
export type Kind = "crash" | "hang" | "500" | "wrong";

/** Thrown by a subject at an input that has broken it. Any other error thrown there counts as a crash. */
export class Finding extends Error {
  override readonly name = "Finding";
  readonly kind: Kind;

  constructor(kind: Kind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** What inputs are thrown at, open for one run. */
export interface Subject<Input> {
  /** Resolves to what came of it in a word, for the table ("200", "null"). Throws Finding. */
  try(input: Input): string | Promise<string>;
  /** Asked now and then: whether a well-formed client is still served exactly. Throws Finding. */
  check?(): Promise<void>;
  /** Ends it, having checked once more, also that nothing is left over. Throws Finding. */
  close?(): Promise<void>;
}

/** A parser or a route, and what is thrown at it. */
export interface Definition<Input> {
  readonly name: string;
  /** One line for the table's reader. */
  readonly what: string;
  readonly input: fc.Arbitrary<Input>;
  open(): Subject<Input> | Promise<Subject<Input>>;
}

export interface Plan {
  readonly inputs: number;
  readonly seed: number;
  /** Replays one failure: what a report's `path` said. */
  readonly path?: string;
  /** Told before each input how many came before it. */
  tried(count: number): void;
  /** Errors that nobody caught since it was last asked. */
  strays(): readonly unknown[];
}

export interface Failure {
  readonly kind: Kind;
  readonly message: string;
  /** The smallest input found that does it, as JavaScript; null when it showed only at the end. */
  readonly input: string | null;
  readonly seed: number;
  readonly path: string | null;
}

export interface Report {
  readonly target: string;
  readonly inputs: number;
  /** How often each outcome came. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failure: Failure | null;
  readonly ms: number;
}

/** A definition whose kind of input nobody else needs to know. */
export interface Target {
  readonly name: string;
  readonly what: string;
  run(plan: Plan): Promise<Report>;
}
