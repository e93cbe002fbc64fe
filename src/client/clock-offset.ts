/** How many of the latest samples count. Clocks may drift apart by some ms a minute, so older ones are wrong. */
const MAX_SAMPLES = 16;

interface Sample {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

/**
 * Estimates the server's clock by Cristian's algorithm. The server read its clock at some moment between our request and
 * its response. The middle is the best guess, and the shortest round trip has the smallest error.
 */
export class ClockOffset {
  #samples: Sample[] = [];

  /** Adds a sample. `askedAt` and `answeredAt` are monotonic ms of this client, `at` is the server's wall time in between. */
  sample(askedAt: number, at: number, answeredAt: number): void {
    const roundTripMs = answeredAt - askedAt;
    if (roundTripMs < 0) return;
    this.#samples.push({ roundTripMs, offsetMs: at - (askedAt + roundTripMs / 2) });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  /** Returns the ms from the server's `at` to the monotonic `now` of this client, at least 0; null before the first sample. */
  since(at: number, now: number): number | null {
    let best: Sample | null = null;
    for (const sample of this.#samples) if (best === null || sample.roundTripMs <= best.roundTripMs) best = sample;
    return best === null ? null : Math.max(0, now + best.offsetMs - at);
  }
}
