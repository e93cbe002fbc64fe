import { isEpoch } from "../protocol/cursor.ts";
import type { Epoch } from "../protocol/ids.ts";

/** A name for a new life of a log. */
export function newEpoch(random: () => number): Epoch {
  const text = Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, "0");
  if (!isEpoch(text)) throw new RangeError(`no epoch can be made of ${text}`);
  return text;
}
