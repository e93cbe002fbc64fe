/** How many samples are kept: clocks of one machine do not drift apart in less. */
const KEPT = 16;

interface Sample {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

/**
 * Sets the page's clock beside that of the entries, by Cristian's method: the time in an answer belongs to some moment
 * between question and answer; the middle is the best guess, and the shortest round trip errs least.
 */
export class RunClock {
  readonly #now: () => number;
  #samples: Sample[] = [];
  #offsetMs: number;

  /** `now`: the page's own clock, ms. The run's begins at 0 until the first sample. */
  constructor(now: () => number) {
    this.#now = now;
    this.#offsetMs = -now();
  }

  /** ms since the run began. */
  now(): number {
    return this.#now() + this.#offsetMs;
  }

  /** How far it may be off; null before the first sample. */
  get errorMs(): number | null {
    return this.#samples.length === 0 ? null : this.#best.roundTripMs / 2;
  }

  /** `askedAt`: the page's clock when the question left; `at`: the run's time in the answer that has come now. */
  sample(askedAt: number, at: number): void {
    const answeredAt = this.#now();
    const roundTripMs = answeredAt - askedAt;
    this.#samples.push({ roundTripMs, offsetMs: at - (askedAt + roundTripMs / 2) });
    if (this.#samples.length > KEPT) this.#samples.shift();
    this.#offsetMs = this.#best.offsetMs;
  }

  /** The run's clock has begun anew. */
  reset(): void {
    this.#samples = [];
  }

  get #best(): Sample {
    return this.#samples.reduce((best, sample) => (sample.roundTripMs <= best.roundTripMs ? sample : best));
  }
}
