const KEPT = 9;

/** The median of the recent round trips: one slow answer does not move it. */
export class RoundTrips {
  #recent: number[] = [];

  add(ms: number): void {
    this.#recent.push(ms);
    if (this.#recent.length > KEPT) this.#recent.shift();
  }

  /** In ms, to a tenth; null before the first. */
  get median(): number | null {
    const sorted = this.#recent.toSorted((a, b) => a - b);
    const middle = sorted[sorted.length >> 1];
    return middle === undefined ? null : Math.round(middle * 10) / 10;
  }

  clear(): void {
    this.#recent = [];
  }
}
