import type { MemberId } from "../protocol/ids.ts";

/** A new id; `random` in [0, 1). */
export function newMemberId(random: () => number): MemberId {
  const half = (): string =>
    Math.floor(random() * 36 ** 5)
      .toString(36)
      .padStart(5, "0");
  return `m${half()}${half()}` as MemberId; // the one place where member ids are made
}
