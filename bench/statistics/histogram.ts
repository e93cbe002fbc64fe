/** Buckets that have something in them, ascending: what one process sends another and what results keep. */
export type EncodedHistogram = readonly (readonly [bucket: number, count: number])[];

/** One step of a percentile curve: so many receipts lie at or below `value`, which is `percent` of them. */
export interface CurvePoint {
  readonly percent: number;
  /** Microseconds. */
  readonly value: number;
  readonly count: number;
}

/** Buckets of one doubling. Below this, every microsecond has its own; above, a bucket is at most 1/128 of its value wide. */
const STEPS = 256;
const HALF = STEPS / 2;
/** Longest time told apart: one hour. */
const HIGHEST = 3_600_000_000;
const BUCKETS = bucketOf(HIGHEST) + 1;

/**
 * Times in microseconds, counted in buckets that widen with the value (the log-linear form of HdrHistogram): constant
 * memory, 0.4 % error, and histograms of several processes and rounds can be added, which percentiles can't.
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #highest = -1;

  static decode(encoded: EncodedHistogram): Histogram {
    const histogram = new Histogram();
    histogram.add(encoded);
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  /** The highest time, as far as its bucket tells; 0 when empty. */
  get max(): number {
    return this.#highest < 0 ? 0 : middleOf(this.#highest);
  }

  /** Counts one time. What is below 0 counts as 0, what is above an hour as an hour. */
  record(microseconds: number): void {
    const bucket = bucketOf(Math.min(Math.max(0, microseconds), HIGHEST));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    if (bucket > this.#highest) this.#highest = bucket;
  }

  add(encoded: EncodedHistogram): void {
    for (const [bucket, count] of encoded) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
      this.#count += count;
      this.#highest = Math.max(this.#highest, bucket);
    }
  }

  /** The time at or below which `percent` of the receipts lie (50, 99, 99.9); 0 when empty. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#count - 1e-9));
    let seen = 0;
    for (let bucket = 0; bucket <= this.#highest; bucket += 1) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted) return middleOf(bucket);
    }
    return 0;
  }

  encode(): EncodedHistogram {
    const encoded: [number, number][] = [];
    for (let bucket = 0; bucket <= this.#highest; bucket += 1) {
      const count = this.#counts[bucket] ?? 0;
      if (count > 0) encoded.push([bucket, count]);
    }
    return encoded;
  }

  /** The curve, one point for each bucket in use. */
  *points(): Generator<CurvePoint> {
    let count = 0;
    for (const [bucket, here] of this.encode()) {
      count += here;
      yield { percent: (count / this.#count) * 100, value: middleOf(bucket), count };
    }
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#highest = -1;
  }
}

function bucketOf(microseconds: number): number {
  const value = Math.floor(microseconds);
  if (value < STEPS) return value;
  // An hour fits into 32 bits.
  const doublings = 24 - Math.clz32(value);
  return doublings * HALF + Math.floor(value / 2 ** doublings);
}

function middleOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const doublings = Math.floor(bucket / HALF) - 1;
  const low = (bucket - doublings * HALF) * 2 ** doublings;
  return low + (2 ** doublings - 1) / 2;
}
