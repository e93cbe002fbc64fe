/** The product, broken in one small way, and the tests that must notice. */
export interface Mutation {
  /** In few words, with dashes: how the command line names it. */
  readonly name: string;
  /** What the product then does wrong. */
  readonly breaks: string;
  /** From the root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly tests: readonly TestChoice[];
}

/** A test file, and which of its tests: a part of their names. */
export interface TestChoice {
  readonly file: string;
  readonly only?: string;
}

/** What came of one mutation. */
export type Verdict =
  /** As it should be. */
  | { readonly kind: "caught"; readonly test: string; readonly message: string; readonly ms: number }
  /** No test has noticed. */
  | { readonly kind: "survived"; readonly ms: number }
  /** The tests could not be run: nothing can be said. */
  | { readonly kind: "broken"; readonly message: string; readonly ms: number };

/** Writes the mutation into a file's text. Throws where what it replaces is not there exactly once. */
export function apply({ name, file, find, replace }: Mutation, text: string): string {
  const count = text.split(find).length - 1;
  if (count !== 1) {
    throw new Error(
      `the mutation ${name} replaces a text that is ${count} times in ${file}, not once: adapt it to what stands there now`,
    );
  }
  return text.replace(find, () => replace);
}
