import { titleOf } from "../race/title.ts";

/** What an experiment has found. */
export interface Answer {
  /** One plain sentence, or two, with the numbers in it. */
  readonly says: string;
  /** The same by lane, to be drawn to scale. */
  readonly rows: readonly AnswerRow[];
  /** What can be looked up or checked: a name and a text to be read letter by letter. */
  readonly proofs: readonly { readonly name: string; readonly text: string }[];
}

export interface AnswerRow {
  readonly transport: string;
  readonly value: number;
  /** The value with its unit, and what belongs to it. */
  readonly figure: string;
}

/** What to call a transport within a sentence. */
export function named(transport: string): string {
  const title = titleOf(transport);
  return /^[A-Z][a-z]+ /.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}

const LIST = new Intl.ListFormat("en", { type: "conjunction" });

/** `a, b, and c`. */
export function listed(parts: readonly string[]): string {
  return LIST.format(parts);
}

/** A time to be read in a sentence: `3.2 ms`, `48 ms`, `35.1 s`. */
export function time(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
