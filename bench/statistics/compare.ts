/** What changed between two runs beyond noise. */
import type { Sample } from "../contract.ts";
import { estimateText } from "../report/text.ts";
import type { Results } from "../results.ts";
import { type Estimate, estimate, seededRandom } from "./estimates.ts";
import { metricOf, ratiosInRounds } from "./summarise.ts";

/** Significance level of a difference. */
const SIGNIFICANT = 0.01;
/** With fewer rounds on each side no difference can be significant. */
const FEWEST_ROUNDS = 6;
/** CPU and times vary between runs on the same machine. Compare them as ratios to this row in the same round. */
const REFERENCE = "net";
/** The metrics that are compared as such ratios. */
const RELATIVE: readonly string[] = ["cpu", "user", "system", "p50", "p99", "last-p99", "back50", "back95", "back100"];
/** Metrics that every scenario with latencies has, in addition to its own. */
const DERIVED = ["p50", "p99", "last-p99"];

/** One number of one row in two runs. */
export interface Change {
  readonly scenario: string;
  readonly row: string;
  readonly point: string | null;
  readonly metric: string;
  /** Whether the values are ratios to `net` in the same round. */
  readonly relative: boolean;
  readonly before: Estimate;
  readonly after: Estimate;
  readonly verdict: "better" | "worse" | "unchanged";
}

export interface Comparison {
  /** Differences between the runs that make them hard to compare. */
  readonly warnings: readonly string[];
  readonly changes: readonly Change[];
}

/** Compares two runs. A number changed if the intervals don't overlap and the ranks differ significantly. */
export function compare(before: Results, after: Results): Comparison {
  const changes = after.scenarios.flatMap(({ name, metrics }) => {
    const both = [before, after].map(({ samples }) => samples.filter(({ scenario }) => scenario === name));
    const [old = [], fresh = []] = both;
    const names = [...new Set([...metrics.map((metric) => metric.name), ...DERIVED])];
    return placesOf(fresh).flatMap(({ row, point }) =>
      names.flatMap((metric) => {
        const higherIsBetter = metrics.find((each) => each.name === metric)?.better === "higher";
        const [one, other] = [old, fresh].map((samples) => valuesAt(samples, row, point, metric));
        if (one === undefined || other === undefined || one.length === 0 || other.length === 0) return [];
        const [earlier, later] = [one, other].map((values) => estimate(values, seededRandom(after.seed)));
        if (earlier === undefined || later === undefined) return [];
        const verdict = verdictOn(one, other, earlier, later, higherIsBetter);
        const relative = isRelative(metric, row);
        return [{ scenario: name, row, point, metric, relative, before: earlier, after: later, verdict }];
      }),
    );
  });
  return { warnings: warningsOn(before, after), changes };
}

function placesOf(samples: readonly Sample[]): { row: string; point: string | null }[] {
  const places = new Map(samples.map(({ row, point }) => [`${row}\n${point}`, { row, point }]));
  return [...places.values()];
}

function isRelative(metric: string, row: string): boolean {
  return RELATIVE.includes(metric) && row !== REFERENCE;
}

function valuesAt(samples: readonly Sample[], row: string, point: string | null, metric: string): number[] {
  const own = samples.filter((each) => each.row === row && each.point === point && each.invalid === null);
  if (row === REFERENCE && RELATIVE.includes(metric)) return [];
  if (isRelative(metric, row)) return ratiosInRounds(samples, own, metric, REFERENCE, null);
  return own.flatMap((sample) => metricOf(sample, metric) ?? []);
}

function verdictOn(
  one: readonly number[],
  other: readonly number[],
  earlier: Estimate,
  later: Estimate,
  higherIsBetter: boolean,
): Change["verdict"] {
  const apart = later.low > earlier.high || later.high < earlier.low;
  if (!apart || mannWhitney(one, other) >= SIGNIFICANT) return "unchanged";
  return later.median > earlier.median === higherIsBetter ? "better" : "worse";
}

function warningsOn(before: Results, after: Results): string[] {
  const warnings: string[] = [];
  const differ = (what: string, one: string, other: string): void => {
    if (one !== other) warnings.push(`The runs differ in ${what}: ${one} before, ${other} after.`);
  };
  differ(
    "their machines",
    `${before.machine.cpu}, ${before.machine.cores} CPUs`,
    `${after.machine.cpu}, ${after.machine.cores} CPUs`,
  );
  differ("their Node versions", before.machine.versions.node, after.machine.versions.node);
  differ("CPU pinning", String(before.pinned), String(after.pinned));
  for (const { name, effort } of after.scenarios) {
    const old = before.scenarios.find((scenario) => scenario.name === name);
    if (old === undefined) warnings.push(`The run before has no scenario "${name}".`);
    else differ(`the effort of "${name}"`, JSON.stringify(old.effort), JSON.stringify(effort));
    const rounds = Math.min(effort.rounds, old?.effort.rounds ?? effort.rounds);
    if (rounds < FEWEST_ROUNDS)
      warnings.push(
        `"${name}" has ${rounds} ${rounds === 1 ? "round" : "rounds"}: below ${FEWEST_ROUNDS} no change can be distinguished from noise.`,
      );
  }
  return warnings;
}

/** Returns the comparison as text: each change beyond noise, and how many numbers did not change. */
export function formatComparison({ warnings, changes }: Comparison): string {
  const changed = changes.filter(({ verdict }) => verdict !== "unchanged");
  const same = changes.length - changed.length;
  return [
    ...warnings.map((warning) => `note: ${warning}`),
    ...changed.map(changeText),
    changes.length === 0
      ? "The runs have nothing in common."
      : `${same} of ${changes.length} numbers did not change beyond noise.`,
  ].join("\n");
}

function changeText({ verdict, scenario, row, point, metric, relative, before, after }: Change): string {
  const what = `${scenario}${point === null ? "" : `, ${point}`}: ${row}, ${metric}${relative ? " × net" : ""}`;
  const percent = before.median === 0 ? "" : `, ${((after.median / before.median - 1) * 100).toFixed(1)} %`;
  return `${verdict.padEnd(6)} ${what}: ${estimateText(before)} → ${estimateText(after)}${percent}`;
}

/**
 * Returns the probability of a difference at least this large if both samples had the same source: the two-sided
 * Mann-Whitney test by its normal approximation, corrected for ties and continuity; 1 if the samples are too small.
 */
export function mannWhitney(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((value) => ({ value, own: true })), ...other.map((value) => ({ value, own: false }))];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const group = to - from;
    // Ranks from + 1 to `to`, shared.
    rankSum += all.slice(from, to).filter(({ own }) => own).length * ((from + 1 + to) / 2);
    ties += group ** 3 - group;
    from = to;
  }
  const [n, m, total] = [one.length, other.length, all.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * (1 - normal(z)));
}

/** Returns the normal distribution's share below z >= 0 (Abramowitz and Stegun, 26.2.17; error below 1e-7). */
function normal(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * z);
  const polynomial =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
