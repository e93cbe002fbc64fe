/** What an experiment reports while it runs and when it has ended. */

export type Finding =
  | { readonly kind: "not-measured" }
  | { readonly kind: "measuring"; readonly progress: Progress }
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly message: string };

export interface Progress {
  readonly says: string;
  /** From 0 to 1. */
  readonly share: number;
}

export interface Answer {
  /** One or two plain sentences with the numbers in them. */
  readonly says: string;
  /** The same by lane, to be drawn to scale. */
  readonly rows: readonly AnswerRow[];
  /** What can be looked up or checked: a name, and a text to compare letter by letter. */
  readonly proofs: readonly { readonly name: string; readonly text: string }[];
}

interface AnswerRow {
  readonly transport: string;
  readonly value: number;
  /** The value with its unit and what belongs to it. */
  readonly figure: string;
}
