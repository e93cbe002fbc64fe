import type { Cursor, Epoch } from "./ids.ts";

/** A parsed cursor. `seq` is the last event already read; 0 is before the first. */
export interface Position {
  readonly epoch: Epoch;
  readonly seq: number;
}

const PATTERN = /^([0-9a-z]{1,8})-(0|[1-9][0-9]{0,14})$/;

/** Up to 15 digits: every such seq is exact in a double. */
export const CURSOR_PATTERN = PATTERN.source;

/** Returns whether `text` is an epoch: 1–8 characters of `[0-9a-z]`. */
export function isEpoch(text: string): text is Epoch {
  return /^[0-9a-z]{1,8}$/.test(text);
}

/** Returns a new epoch of 8 characters. `random` returns a number in [0, 1). */
export function newEpoch(random: () => number): Epoch {
  const text = Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, "0");
  if (!isEpoch(text)) throw new RangeError(`${text} is not an epoch.`);
  return text;
}

/** Returns whether `text` has the form of a cursor, whether or not any log holds that position. */
export function isCursor(text: string): text is Cursor {
  return PATTERN.test(text);
}

export function formatCursor(epoch: Epoch, seq: number): Cursor {
  const text = `${epoch}-${seq}`;
  if (!isCursor(text)) throw new RangeError(`Epoch ${epoch} and seq ${seq} make no cursor.`);
  return text;
}

/** Parses a cursor. Returns null if `text` is not one. */
export function parseCursor(text: string): Position | null {
  const match = PATTERN.exec(text);
  const epoch = match?.[1];
  const seq = match?.[2];
  if (epoch === undefined || seq === undefined || !isEpoch(epoch)) return null;
  return { epoch, seq: Number(seq) };
}
