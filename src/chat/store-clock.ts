import type { Clock } from "../clock.ts";

/** A wall clock within this many ms of the store's time counts as drift, not as a clock that was set. */
const DRIFT_MS = 1_000;
/** A wall clock that was set ahead is trusted after this long: NTP or an operator corrects a wrong one sooner. */
const TRUST_AFTER_MS = 3_600_000;

/**
 * The time by which stored things age and sessions expire. It follows the monotonic clock and never goes back. A wall
 * clock that jumps ahead (set wrong, or correct again after sleep) counts only after it has stayed ahead for an hour, so
 * that a wrong one deletes nothing and ends no session.
 */
export class StoreClock {
  readonly #clock: Clock;
  #base: number;
  #ahead: { ms: number; readonly since: number } | null = null;

  /**
   * `newest`: when the newest thing in the store was stored. The time after it, when no process ran, counts like a jump of
   * the wall clock: at the start nothing else shows whether the wall clock is right.
   */
  constructor(clock: Clock, newest: number | null = null) {
    this.#clock = clock;
    this.#base = (newest ?? clock.wallNow()) - clock.monotonicNow();
  }

  /** Returns ms since 1970. */
  now(): number {
    const now = this.#clock.monotonicNow();
    const time = this.#base + now;
    const aheadMs = this.#clock.wallNow() - time;
    if (aheadMs <= DRIFT_MS) {
      this.#ahead = null;
      if (aheadMs <= 0) return Math.floor(time);
    } else {
      if (this.#ahead === null || Math.abs(aheadMs - this.#ahead.ms) > DRIFT_MS)
        this.#ahead = { ms: aheadMs, since: now };
      this.#ahead.ms = aheadMs;
      if (now - this.#ahead.since < TRUST_AFTER_MS) return Math.floor(time);
      this.#ahead = null;
    }
    this.#base += aheadMs;
    return Math.floor(time + aheadMs);
  }

  /** Returns whether `until`, in ms since 1970, has passed by both clocks. */
  hasPassed(until: number): boolean {
    return this.#clock.wallNow() >= until && this.now() >= until;
  }

  /** Returns the wall time `ms` from now, in ms since 1970: not too soon by either clock. */
  deadlineIn(ms: number): number {
    return Math.max(this.#clock.wallNow(), this.now()) + ms;
  }
}
