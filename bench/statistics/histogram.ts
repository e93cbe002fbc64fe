/** The non-empty buckets, ascending: the form in which processes send histograms and results store them. */
export type EncodedHistogram = readonly (readonly [bucket: number, count: number])[];

/** One step of a percentile curve: `count` receipts, which are `percent` of all, are at or below `value`. */
export interface CurvePoint {
  readonly percent: number;
  /** Microseconds. */
  readonly value: number;
  readonly count: number;
}

/** Values below this have one bucket for each microsecond. */
const STEPS = 256;
/** Above, each power of two is divided into this many buckets, so that a bucket is at most 1/128 of its values wide. */
const HALF = STEPS / 2;
/** Longest time: one hour. */
const HIGHEST = 3_600_000_000;
const BUCKETS = bucketOf(HIGHEST) + 1;

/**
 * Counts times in microseconds in buckets that widen with the value (the log-linear form of HdrHistogram). It needs
 * constant memory and has 0.4 % error. Histograms of several processes and rounds can be added; percentiles can't.
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

  /** The highest time, to the precision of its bucket; 0 if empty. */
  get max(): number {
    return this.#highest < 0 ? 0 : middleOf(this.#highest);
  }

  /** Counts one time. A negative one counts as 0, one above an hour as an hour. */
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

  /** Returns the time at or below which `percent` of the receipts are (50, 99, 99.9); 0 if empty. */
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

  /** Yields the percentile curve, one point for each non-empty bucket. */
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
  // An hour in microseconds fits into 32 bits.
  const doublings = 24 - Math.clz32(value);
  return doublings * HALF + Math.floor(value / 2 ** doublings);
}

function middleOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const doublings = Math.floor(bucket / HALF) - 1;
  const low = (bucket - doublings * HALF) * 2 ** doublings;
  return low + (2 ** doublings - 1) / 2;
}
