import type { Histogram } from "../../../bench/statistics/histogram.ts";

/** Points of a curve per nine: from 0 % to 90 %, from 90 % to 99 %, from 99 % to 99.9 % … */
const STEPS = 40;

/** Percentile curves over one x axis, which counts nines (1: 90 %, 2: 99 %). y is the latency in ms at that percentile. */
interface Curves {
  readonly nines: readonly number[];
  /** As long as `nines`; null where there are too few receipts. */
  readonly ms: readonly (readonly (number | null)[])[];
}

/** Returns the curves of several histograms on one axis. */
export function curvesOf(histograms: readonly Histogram[]): Curves {
  const last = Math.max(0, ...histograms.map(({ count }) => ninesOf(count)));
  const nines = Array.from({ length: Math.floor(last * STEPS) + 2 }, (_, step) => step / STEPS);
  return { nines, ms: histograms.map((histogram) => curveOf(histogram, nines)) };
}

/** Converts nines to percent. 1: 90 %, 2: 99 %, 2.5: 99.68 %. */
function percentOf(nines: number): number {
  return 100 * (1 - 10 ** -nines);
}

/** "50 %", "90 %", "99.9 %". */
export function percentText(nines: number): string {
  return `${percentOf(nines).toFixed(Math.max(0, Math.round(nines) - 2))} %`;
}

/** Returns the axis's labelled places, in nines: 0 %, the median, and each full nine. */
export function ticksOf({ nines }: Curves): number[] {
  const last = Math.floor(nines.at(-1) ?? 0);
  return [0, Math.log10(2), ...Array.from({ length: last }, (_, index) => index + 1)];
}

/** Returns how many nines this many receipts can show. */
function ninesOf(count: number): number {
  return count === 0 ? 0 : Math.log10(count);
}

function curveOf(histogram: Histogram, nines: readonly number[]): (number | null)[] {
  const points = [...histogram.points()];
  // One step more than the count can show: there the highest latency is drawn.
  const limit = ninesOf(histogram.count) + 1 / STEPS;
  let at = 0;
  return nines.map((here) => {
    if (histogram.count === 0 || here > limit) return null;
    const percent = percentOf(here);
    // Both `nines` and `points` ascend, so each search starts where the last one ended.
    while (at < points.length - 1 && (points[at]?.percent ?? 100) < percent - 1e-9) at += 1;
    const value = points[at]?.value;
    // A logarithmic axis has no place for 0.
    return value === undefined ? null : Math.max(value, 1) / 1_000;
  });
}
