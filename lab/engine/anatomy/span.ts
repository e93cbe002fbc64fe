import type { Purpose } from "./purpose.ts";

/** What is less than a byte, or what bytes come to when they are read as they are meant. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly explanation?: string;
}

/** A stretch of bytes that says one thing. */
export interface Span {
  /** Offset of its first byte within its direction of the connection, from 0. */
  readonly from: number;
  /** Offset behind its last byte. */
  readonly to: number;
  readonly label: string;
  readonly purpose: Purpose;
  /** One or two sentences. */
  readonly explanation: string;
  /** Where that is laid down. */
  readonly source?: string;
  readonly fields?: readonly Field[];
}

/** A span before it is known where in the connection its bytes stand. */
export interface Part extends Omit<Span, "from" | "to"> {
  readonly length: number;
}

/** Bytes that are what was to be said, and those around them. */
export interface Split {
  readonly payload: number;
  readonly overhead: number;
}

export const NOTHING: Split = { payload: 0, overhead: 0 };

/** How many bytes of `spans` are payload, and how many are there for its sake. */
export function splitOf(spans: Iterable<Pick<Span, "from" | "to" | "purpose">>): Split {
  let split = NOTHING;
  for (const { from, to, purpose } of spans) split = plus(split, purpose, to - from);
  return split;
}

/** `split` with `bytes` of this purpose more. Bytes of which nothing is known count as overhead. */
export function plus(split: Split, purpose: Purpose, bytes: number): Split {
  return purpose === "payload"
    ? { payload: split.payload + bytes, overhead: split.overhead }
    : { payload: split.payload, overhead: split.overhead + bytes };
}

/** Both together. */
export function sum(one: Split, other: Split): Split {
  return { payload: one.payload + other.payload, overhead: one.overhead + other.overhead };
}
