import type { Invalid, Row } from "../contract.ts";
import type { Seen } from "../generator/messages.ts";
import { judge } from "../run/validity.ts";

/**
 * Judges a run in which readers were away. What a row without resumption loses then is its result: it counts in
 * `Reading.faults`, but makes nothing invalid. `perSecond` is the pace against which the generator's delay is held.
 */
export function judgeAway(row: Row, seen: Seen, perSecond: number): Invalid | null {
  return judge(row.resumes ? seen : { ...seen, lost: 0 }, perSecond);
}

/** Whether the generator had no CPU left, faults and delays aside. */
export function generatorSpent(seen: Seen): Invalid | null {
  return judge({ ...seen, lost: 0, doubled: 0, reordered: 0, generatorDelayMs: 0 }, 1);
}
