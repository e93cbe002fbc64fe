/** So many in the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket: `burst` at once, `perSecond` in the long run. */
export class RateLimit {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, elapsed: number) {
    this.#perMs = rate.perSecond / 1_000;
    this.#burst = rate.burst;
    this.#tokens = rate.burst;
    this.#at = elapsed;
  }

  /** Takes one; 0 when there was one, else the milliseconds until there will be. */
  take(elapsed: number): number {
    const waitMs = this.wait(elapsed);
    if (waitMs === 0) this.#tokens -= 1;
    return waitMs;
  }

  /** Takes nothing; 0 when there is one, else the milliseconds until there will be. */
  wait(elapsed: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed - this.#at) * this.#perMs);
    this.#at = elapsed;
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) / this.#perMs);
  }

  /** Takes one that may not be there, for what is known only afterwards to have cost one; at most `burst` is owed. */
  owe(elapsed: number): void {
    this.wait(elapsed);
    this.#tokens = Math.max(-this.#burst, this.#tokens - 1);
  }
}
