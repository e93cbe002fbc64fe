/** The median of a sample, with an interval that shows how much it would vary with other rounds. */
export interface Estimate {
  readonly median: number;
  /** The ends of the median's 95 % percentile bootstrap interval. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 10_000;

/** Returns a quantile by linear interpolation between order statistics (type 7). `sorted` is ascending and not empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError("a quantile needs at least one value");
  return below + (above - below) * (place - Math.floor(place));
}

/** Returns the median. Throws a RangeError for an empty sample. */
export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5);
}

/** Returns the median with its bootstrap interval. A single value gives an interval without width: run more rounds. */
export function estimate(values: readonly number[], random: Random, resamples = RESAMPLES): Estimate {
  const sorted = ascending(values);
  const middle = quantile(sorted, 0.5);
  if (sorted[0] === sorted.at(-1)) return { median: middle, low: middle, high: middle };
  const drawn = new Uint16Array(sorted.length);
  const medians = new Float64Array(resamples);
  for (let at = 0; at < resamples; at += 1) medians[at] = resampledMedian(sorted, drawn, random);
  medians.sort();
  return { median: middle, low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/**
 * Returns the median of as many draws, with replacement, as there are values. A report has thousands of intervals of
 * 10,000 resamples: counting how often each sorted value was drawn saves sorting every resample.
 */
function resampledMedian(sorted: readonly number[], drawn: Uint16Array, random: Random): number {
  drawn.fill(0);
  for (let draw = 0; draw < sorted.length; draw += 1) {
    const place = Math.floor(random() * sorted.length);
    drawn[place] = (drawn[place] ?? 0) + 1;
  }
  const below = Math.floor((sorted.length - 1) / 2);
  const above = Math.ceil((sorted.length - 1) / 2);
  let seen = 0;
  let low: number | null = null;
  for (const [place, value] of sorted.entries()) {
    seen += drawn[place] ?? 0;
    if (low === null && seen > below) low = value;
    if (low !== null && seen > above) return (low + value) / 2;
  }
  throw new RangeError("a median needs at least one value");
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** A line through points by least squares. */
export interface Line {
  readonly slope: number;
  readonly base: number;
}

/** Returns the line through the points. Throws a RangeError unless two points differ in x. */
export function lineThrough(points: readonly (readonly [x: number, y: number])[]): Line {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (!(spread > 0)) throw new RangeError("a slope needs two points that differ in x");
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  return { slope, base: meanY - slope * meanX };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Returns a random number in [0, 1). */
export type Random = () => number;

/** Returns a Mulberry32 generator: the same 32-bit seed gives the same numbers on every machine, so a run can be repeated. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Returns a shuffled copy. Every permutation is equally likely. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
