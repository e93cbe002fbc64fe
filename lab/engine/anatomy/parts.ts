import type { Part } from "./span.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Collects parts that follow one another; those without a byte are left out. */
export class Parts {
  readonly list: Part[] = [];

  add(
    length: number,
    label: string,
    purpose: Part["purpose"],
    explanation: string,
    more: Pick<Part, "source" | "fields"> = {},
  ): this {
    if (length > 0) this.list.push({ length, label, purpose, explanation, ...more });
    return this;
  }
}

/** Bytes of the line break at the end of `line`: 0, 1 or 2. */
export function breakLength(line: Uint8Array): number {
  const last = line.at(-1);
  if (last === LINE_FEED) return line.at(-2) === CARRIAGE_RETURN ? 2 : 1;
  return last === CARRIAGE_RETURN ? 1 : 0;
}
