import { CLIENT_TIMINGS } from "./timings.ts";

/** How long to wait before trying again: full jitter, so that clients cut at once don't come back at once. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Failures since the last reset. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure; the wait after it in ms, never shorter than the server asked for. `slow`: at the cap already. */
  next(retryAfterMs = 0, slow = false): number {
    const { backoffBaseMs, backoffCapMs } = CLIENT_TIMINGS;
    const ceiling = slow ? backoffCapMs : Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    // The jitter comes on top: all clients of a draining server are told the same Retry-After.
    return Math.round(retryAfterMs + this.#random() * ceiling);
  }

  reset(): void {
    this.#failures = 0;
  }

  /** Forgets all failures but one. */
  ease(): void {
    this.#failures = Math.min(this.#failures, 1);
  }
}
