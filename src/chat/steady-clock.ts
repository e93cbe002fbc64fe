/** How far the wall clock may be ahead, or drift between two looks, without counting as set. */
const DRIFT_MS = 1_000;
/** A wall clock that is set forward is believed after this long: NTP or an operator corrects a wrong one before. */
const BELIEVE_MS = 3_600_000;

/**
 * The time by which stored things age and sessions expire. It follows the monotonic clock and never goes back. A wall
 * clock that jumps ahead (set wrong, or right again after a sleep) counts when it has stayed ahead for an hour, so that
 * a wrong one deletes nothing and ends no session.
 */
export class SteadyClock {
  readonly #wall: () => number;
  readonly #elapsed: () => number;
  #base: number;
  #ahead: { ms: number; readonly since: number } | null = null;

  /**
   * `newest`: when the newest thing in the store was stored. The time after it, in which no process ran, counts like a
   * jump of the clock: at the start nothing else says whether the wall clock is right.
   */
  constructor({ now, elapsed }: { now(): number; elapsed(): number }, newest: number | null = null) {
    this.#wall = now;
    this.#elapsed = elapsed;
    this.#base = (newest ?? now()) - elapsed();
  }

  /** Milliseconds since 1970. */
  now(): number {
    const elapsed = this.#elapsed();
    const time = this.#base + elapsed;
    const ms = this.#wall() - time;
    if (ms <= DRIFT_MS) {
      this.#ahead = null;
      if (ms <= 0) return Math.floor(time);
    } else {
      if (this.#ahead === null || Math.abs(ms - this.#ahead.ms) > DRIFT_MS) this.#ahead = { ms, since: elapsed };
      this.#ahead.ms = ms;
      if (elapsed - this.#ahead.since < BELIEVE_MS) return Math.floor(time);
      this.#ahead = null;
    }
    this.#base += ms;
    return Math.floor(time + ms);
  }

  /** Whether a time of the wall clock has passed by both clocks: in doubt it has not. */
  hasPassed(until: number): boolean {
    return this.#wall() >= until && this.now() >= until;
  }

  /** The end of a span that begins now, in the wall clock's time: not too soon by either clock. */
  after(ms: number): number {
    return Math.max(this.#wall(), this.now()) + ms;
  }
}
