import type { Random } from "./random.ts";

/** The middle of a sample and where it would lie if the rounds had been others. */
export interface Estimate {
  readonly median: number;
  /** 95 % percentile bootstrap interval of the median. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 10_000;

/** Quantile by linear interpolation between order statistics (type 7). `sorted` is ascending and not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError("a quantile needs at least one value");
  return below + (above - below) * (place - Math.floor(place));
}

/** The median. Throws RangeError for an empty sample. */
export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5);
}

/** The median with its bootstrap interval. One value gives an interval of no width, which says nothing: run more rounds. */
export function estimate(values: readonly number[], random: Random, resamples = RESAMPLES): Estimate {
  const medians = Array.from({ length: resamples }, () => median(resample(values, random))).sort((a, b) => a - b);
  return { median: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

function resample(values: readonly number[], random: Random): number[] {
  return values.map((value) => values[Math.floor(random() * values.length)] ?? value);
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
