/** Sustained rate and burst. */
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

  /** Takes one, or as many as given. Returns 0 if they were available, else the ms until they will be. */
  take(elapsed: number, count = 1): number {
    const waitMs = this.wait(elapsed, count);
    if (waitMs === 0) this.#tokens -= count;
    return waitMs;
  }

  /** Takes nothing; 0 when there are as many, else the milliseconds until there will be. */
  wait(elapsed: number, count = 1): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed - this.#at) * this.#perMs);
    this.#at = elapsed;
    return this.#tokens >= count ? 0 : Math.ceil((count - this.#tokens) / this.#perMs);
  }

  /** Nothing of it is used up. */
  isFull(elapsed: number): boolean {
    this.wait(elapsed);
    return this.#tokens === this.#burst;
  }

  /** Gives back one that was taken. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /** Takes one that may not be there, for what is known only afterwards to have cost one; at most `burst` is owed. */
  owe(elapsed: number): void {
    this.wait(elapsed);
    this.#tokens = Math.max(-this.#burst, this.#tokens - 1);
  }
}
