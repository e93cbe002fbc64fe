import type { Histogram } from "../../../bench/statistics/histogram.ts";

/** Steps of the curve for each power of ten by which it comes nearer to 100 %. */
const STEPS = 40;

/** Percentile curves side by side: x is how many nines there are (1: 90 %, 2: 99 %), each y the latency in ms there. */
interface Curves {
  readonly nines: readonly number[];
  /** As long as `nines`; null where there are too few receipts. */
  readonly ms: readonly (readonly (number | null)[])[];
}

/** The curves of several histograms on one axis. */
export function curvesOf(histograms: readonly Histogram[]): Curves {
  const last = Math.max(0, ...histograms.map(({ count }) => ninesOf(count)));
  const nines = Array.from({ length: Math.floor(last * STEPS) + 2 }, (_, step) => step / STEPS);
  return { nines, ms: histograms.map((histogram) => curveOf(histogram, nines)) };
}

/** 1: 90 %, 2: 99 %, 2.5: 99.68 %. */
function percentOf(nines: number): number {
  return 100 * (1 - 10 ** -nines);
}

/** "50 %", "90 %", "99.9 %". */
export function percentText(nines: number): string {
  return `${percentOf(nines).toFixed(Math.max(0, Math.round(nines) - 2))} %`;
}

/** Where the axis is named: at the median, and at each further nine. */
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
  // The highest latency is drawn one step beyond that.
  const limit = ninesOf(histogram.count) + 1 / STEPS;
  let at = 0;
  return nines.map((here) => {
    if (histogram.count === 0 || here > limit) return null;
    const percent = percentOf(here);
    // The axis goes up, and so does the curve: each point is looked for from the one before.
    while (at < points.length - 1 && (points[at]?.percent ?? 100) < percent - 1e-9) at += 1;
    const value = points[at]?.value;
    // A logarithmic axis has no place for 0.
    return value === undefined ? null : Math.max(value, 1) / 1_000;
  });
}
