/** Clocks drift apart by some ms a minute at worst: older samples are worth less than rougher new ones. */
const KEPT = 16;

interface Sample {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

/**
 * Estimates the server's clock by Cristian's method: the server's time in an answer belongs to some moment between the
 * question and the answer, the middle is the best guess, and the shortest round trip gives the least error.
 */
export class ClockOffset {
  #samples: Sample[] = [];

  /** `askedAt` and `answeredAt`: monotonic ms here; `at`: the server's ms since 1970 at some moment in between. */
  sample(askedAt: number, at: number, answeredAt: number): void {
    const roundTripMs = answeredAt - askedAt;
    if (roundTripMs < 0) return;
    this.#samples.push({ roundTripMs, offsetMs: at - (askedAt + roundTripMs / 2) });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  /** Milliseconds from the server's `at` to the monotonic `now` here, not below 0; null before the first sample. */
  since(at: number, now: number): number | null {
    let best: Sample | null = null;
    for (const sample of this.#samples) if (best === null || sample.roundTripMs <= best.roundTripMs) best = sample;
    return best === null ? null : Math.max(0, now + best.offsetMs - at);
  }
}
