/** A token bucket: `burst` at once, `perSecond` in the long run. */
export class RateLimit {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(rate: { readonly perSecond: number; readonly burst: number }, elapsed: number) {
    this.#perMs = rate.perSecond / 1_000;
    this.#burst = rate.burst;
    this.#tokens = rate.burst;
    this.#at = elapsed;
  }

  /** Takes one; 0 when there was one, else the milliseconds until there will be. */
  take(elapsed: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed - this.#at) * this.#perMs);
    this.#at = elapsed;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - this.#tokens) / this.#perMs);
  }
}
