import type { Cursor, Epoch } from "./ids.ts";

/** A cursor taken apart. `seq` is the last event already read; 0 is before the first. */
export interface Position {
  readonly epoch: Epoch;
  readonly seq: number;
}

const PATTERN = /^([0-9a-z]{1,8})-(0|[1-9][0-9]{0,14})$/;

/** Up to 15 digits: every such seq is exact in a double. */
export const CURSOR_PATTERN = PATTERN.source;

/** Whether `text` names an epoch: 1–8 characters of `[0-9a-z]`. */
export function isEpoch(text: string): text is Epoch {
  return /^[0-9a-z]{1,8}$/.test(text);
}

/** Whether `text` has the form of a cursor; says nothing of whether any log holds that place. */
export function isCursor(text: string): text is Cursor {
  return PATTERN.test(text);
}

export function formatCursor(epoch: Epoch, seq: number): Cursor {
  const text = `${epoch}-${seq}`;
  if (!isCursor(text)) throw new RangeError(`no cursor can be made of epoch ${epoch} and seq ${seq}`);
  return text;
}

/** Takes a cursor apart; null when `text` is not one. */
export function parseCursor(text: string): Position | null {
  const match = PATTERN.exec(text);
  const epoch = match?.[1];
  const seq = match?.[2];
  if (epoch === undefined || seq === undefined || !isEpoch(epoch)) return null;
  return { epoch, seq: Number(seq) };
}
