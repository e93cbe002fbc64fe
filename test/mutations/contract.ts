import type { RequirementId } from "../conformance/requirements.ts";

/** The product, broken in one small way, and the tests that must notice. */
export type Mutation = {
  /** A few words with dashes: how the command line names it. */
  readonly name: string;
  /** What the product then does wrong. */
  readonly breaks: string;
  readonly tests: readonly TestChoice[];
} & Edit;

/**
 * A change inside one symbol of `src`: a class, a function, an object, or a member of one, such as `Room.#flush`.
 * The symbol is found in whichever file declares it. Text is compared without whitespace and comments.
 */
export type Edit = {
  /** `name`, `Class.method`, `Class.#method`, `Class.constructor` or `object.method`. */
  readonly in: string;
  readonly becomes: string;
} & (
  | {
      /** Part of one condition, of an `if`, a loop or `?:`; the whole condition is replaced. */
      readonly condition: string;
    }
  | {
      /** Part of one expression statement; the innermost that contains it is replaced. */
      readonly statement: string;
    }
  | {
      /** Text that occurs once. Only it is replaced. */
      readonly text: string;
    }
);

/** Tests that must fail. */
export type TestChoice =
  | {
      /** The end of the path of one file below `test`, long enough to be unique. */
      readonly file: string;
      /** Part of a test's title as the file spells it; left out: all tests of the file. */
      readonly title?: string;
      /** Replaces the placeholder (`%s`, `$name`) in the title of a parametrised test. */
      readonly of?: string;
    }
  | {
      /** A scenario of the conformance suite. */
      readonly requirement: RequirementId;
      /** A transport, or the core alone. */
      readonly over: string;
    };

/** How the tests judged one mutation. */
export type Verdict =
  /** A test failed, as it should. */
  | { readonly kind: "caught"; readonly test: string; readonly message: string; readonly ms: number }
  | { readonly kind: "survived"; readonly ms: number }
  /** The tests could not run, so there is no result. */
  | { readonly kind: "broken"; readonly message: string; readonly ms: number };
