/** From a run's samples to summaries with intervals, ratios and percentiles, and to verdicts on the targets. */
import type { Invalid, Sample, Target } from "../contract.ts";
import type { Line, Percentiles, Results, RowNote, ScenarioNote, ScenarioSummary, Verdict } from "../results.ts";
import { explain, OVERHEAD } from "../scenarios/window.ts";
import { TARGETS } from "../targets.ts";
import { type Estimate, estimate, seededRandom } from "./estimates.ts";
import { type EncodedHistogram, Histogram } from "./histogram.ts";

/** A row has no number if more than this share of its rounds is invalid. */
const MOST_INVALID = 1 / 3;

/** Summarises a run by scenario, row and point. */
export function summarise(results: Results): ScenarioSummary[] {
  return results.scenarios.map((scenario) => {
    const samples = results.samples.filter((sample) => sample.scenario === scenario.name);
    return { scenario, lines: results.rows.flatMap((row) => linesOf(results, scenario, samples, row)) };
  });
}

function linesOf(results: Results, scenario: ScenarioNote, samples: readonly Sample[], row: RowNote): Line[] {
  const own = samples.filter((sample) => sample.row === row.name);
  const points = [...new Set(own.map(({ point }) => point))];
  // A measurement that failed as a whole has no point. If others have points, it is one invalid round of each point.
  const failures = points.length > 1 || points[0] !== null ? own.filter(failedWhole) : [];
  const named = points.filter((point) => failures.length === 0 || point !== null);
  return (named.length === 0 ? points : named).map((point) => {
    const atPoint = own.filter((sample) => sample.point === point && !failures.includes(sample));
    return lineOf(results, scenario, samples, row, point, [...atPoint, ...failures]);
  });
}

function failedWhole({ point, invalid }: Sample): boolean {
  return point === null && invalid?.kind === "failed";
}

function lineOf(
  results: Results,
  scenario: ScenarioNote,
  all: readonly Sample[],
  row: RowNote,
  point: string | null,
  own: readonly Sample[],
): Line {
  const why = reasonAgainst(own);
  if (why !== null) return { kind: "invalid", row, point, why: explain(why) };
  const usable = own.filter(({ invalid }) => invalid === null);
  const random = (): (() => number) => seededRandom(results.seed);
  return {
    kind: "measured",
    row,
    point,
    rounds: usable.length,
    leftOut: own.length - usable.length,
    cells: scenario.metrics.flatMap(({ name }) => {
      const values = valuesOf(all, usable, name);
      return values.length === 0 ? [] : [{ metric: name, value: estimate(values, random()) }];
    }),
    ratios: comparisons(scenario, row, point).flatMap(({ metric, against, againstPoint }) => {
      const ratios = ratiosInRounds(all, usable, metric, against, againstPoint);
      return ratios.length === 0 ? [] : [{ metric, against, ratio: estimate(ratios, random()) }];
    }),
    latency: percentilesOf(usable.map(({ latency }) => latency)),
    lastLatency: percentilesOf(usable.map(({ lastLatency }) => lastLatency)),
    lost: sum(usable, "lost"),
    duplicated: sum(usable, "duplicated"),
    reordered: sum(usable, "reordered"),
  };
}

/** Returns why a row has no number: one fault, or too many invalid rounds. */
function reasonAgainst(own: readonly Sample[]): Invalid | null {
  const unusable = own.flatMap(({ invalid }) => invalid ?? []);
  const faults = unusable.find(({ kind }) => kind === "faults");
  if (faults !== undefined) return faults;
  return unusable.length > own.length * MOST_INVALID ? (unusable[0] ?? null) : null;
}

type Comparison = Pick<Target, "metric" | "againstPoint"> & { readonly against: string };

/** Returns the rows to compare a row with: the floors for CPU, and the row of each target. */
function comparisons({ name, metrics }: ScenarioNote, row: RowNote, point: string | null): Comparison[] {
  const floors = row.leg === "long-polling" ? ["net", "http-long-polling"] : ["net"];
  const usual = metrics.some((metric) => metric.name === "cpu")
    ? floors.map((against) => ({ metric: "cpu", against, againstPoint: null }))
    : [];
  const wanted = TARGETS.flatMap(({ scenario, point: at, row: of, metric, against, againstPoint }) =>
    against !== null && scenario === name && of === row.name && at === point ? [{ metric, against, againstPoint }] : [],
  );
  const isWanted = (one: Comparison): boolean =>
    wanted.some(
      (other) =>
        other.metric === one.metric && other.against === one.against && other.againstPoint === one.againstPoint,
    );
  return [...usual.filter((one) => one.against !== row.name && !isWanted(one)), ...wanted];
}

function percentilesOf(histograms: readonly (EncodedHistogram | null)[]): Percentiles | null {
  const merged = new Histogram();
  for (const histogram of histograms) if (histogram !== null) merged.add(histogram);
  if (merged.count === 0) return null;
  const [p50, p90, p99, p999] = [50, 90, 99, 99.9].map((percent) => merged.percentile(percent));
  return { count: merged.count, p50: p50 ?? 0, p90: p90 ?? 0, p99: p99 ?? 0, p999: p999 ?? 0, max: merged.max };
}

function sum(samples: readonly Sample[], fault: "lost" | "duplicated" | "reordered"): number {
  return samples.reduce((total, { faults }) => total + faults[fault], 0);
}

/** With fewer rounds an interval is meaningless. */
const FEWEST_ROUNDS = 3;
/** Largest half-width of an interval, as a share of the median, that can decide whether a target is met. */
const WIDEST = 0.05;

/** Judges every target by a run's samples. */
export function judgeTargets({ samples, scenarios, seed }: Results): Verdict[] {
  return TARGETS.map((target) => {
    const all = samples.filter(({ scenario }) => scenario === target.scenario);
    const rows = all.filter(({ row }) => row === target.row);
    const own = rows.filter(({ point, invalid }) => point === target.point && invalid === null);
    // One fault is enough for a row to have no number.
    const faulty = rows.some(({ invalid }) => invalid?.kind === "faults");
    const values =
      target.against === null
        ? valuesOf(all, own, target.metric)
        : ratiosInRounds(all, own, target.metric, target.against, target.againstPoint);
    const effort = scenarios.find(({ name }) => name === target.scenario)?.effort;
    if (faulty || effort === undefined || values.length === 0)
      return { target, measured: null, verdict: faulty ? "missed" : "not measured" };
    const measured = estimate(values, seededRandom(seed));
    return { target, measured, verdict: verdictOn(target, measured, values.length) };
  });
}

/** Judges one target: it is met if the interval's better end reaches the bound and the interval is narrow enough. */
export function verdictOn(
  { bound, direction }: Target,
  { median, low, high }: Estimate,
  rounds: number,
): Verdict["verdict"] {
  const reached = direction === "at most" ? low <= bound : high >= bound;
  if (!reached) return "missed";
  const narrow = rounds >= FEWEST_ROUNDS && (high - low) / 2 <= Math.abs(median) * WIDEST;
  return narrow ? "met" : "unsure";
}

/** Returns a metric in each round. Overhead is relative to the `net` floor, which sends the payload and nothing else. */
export function valuesOf(all: readonly Sample[], own: readonly Sample[], metric: string): number[] {
  if (metric !== OVERHEAD.name) return own.flatMap((sample) => metricOf(sample, metric) ?? []);
  return own.flatMap((sample) => {
    const floor = all.find(
      ({ row, round, point }) => row === "net" && round === sample.round && point === sample.point,
    );
    const [bytes, payload] = [metricOf(sample, "bytesDown"), floor === undefined ? null : metricOf(floor, "bytesDown")];
    return bytes === null || payload === null ? [] : [bytes - payload];
  });
}

/** Returns the ratios of a metric to another row's, taken within each round. */
export function ratiosInRounds(
  all: readonly Sample[],
  own: readonly Sample[],
  metric: string,
  against: string,
  againstPoint: string | null,
): number[] {
  return own.flatMap((sample) => {
    const point = againstPoint ?? sample.point;
    const other = all.find(
      (each) => each.round === sample.round && each.row === against && each.point === point && each.invalid === null,
    );
    const [value, reference] = [metricOf(sample, metric), other === undefined ? null : metricOf(other, metric)];
    return value === null || reference === null || reference === 0 ? [] : [value / reference];
  });
}

/** Names of numbers in a sample's histograms: "p99" of all receipts, "last-p99" of the last reader's. */
const PERCENTILE = /^(last-)?p(50|90|99|999)$/;

/** Returns a number of one sample by its name, microseconds for percentiles; null if the sample has none. */
export function metricOf({ metrics, latency, lastLatency }: Sample, name: string): number | null {
  const own = metrics[name];
  // JSON has no NaN: such a number is null in the file.
  if (own !== undefined) return Number.isFinite(own) ? own : null;
  const [, last, percent] = PERCENTILE.exec(name) ?? [];
  if (percent === undefined) return null;
  return percentile(last === undefined ? latency : lastLatency, percent === "999" ? 99.9 : Number(percent));
}

function percentile(encoded: EncodedHistogram | null, percent: number): number | null {
  return encoded === null || encoded.length === 0 ? null : Histogram.decode(encoded).percentile(percent);
}
