/** The most ms: above that, hardly more timers would share a turn. */
const MOST_MS = 250;
/** Of the time before it. */
const SHARE = 0.02;

/** How many ms early a heartbeat or a question after `ms` may be: those that are due go in one turn of the wheel. */
export function earlyFor(ms: number): number {
  return Math.min(MOST_MS, ms * SHARE);
}
