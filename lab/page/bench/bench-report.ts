import { type EncodedHistogram, Histogram } from "../../../bench/statistics/histogram.ts";
import { type Plan, planText } from "./bench-plan.ts";
import { faultsOf, lostOf, type Reading } from "./reading.ts";

/** One line of a measurement, as it is drawn, listed and saved. */
export interface Line {
  readonly label: string;
  /** The transport's name, or "raw". It decides the curve's color and dashes. */
  readonly transport: string;
  /** Whether it is this server or another one: a report of `npm run bench` has both. */
  readonly kind: "ours" | "other";
  readonly latency: Histogram;
  readonly counts: Counts;
  /** Why it is discarded; empty if it is valid. */
  readonly faults: readonly string[];
}

interface Counts {
  /** null if the report does not contain it. */
  readonly sent: number | null;
  readonly received: number;
  readonly lost: number;
  readonly duplicated: number;
  /** The generator's delay: 99 % of its messages left at most this late, ms. null if the report does not contain it. */
  readonly lateMs: number | null;
}

/** The environment of a measurement. */
export interface Surroundings {
  readonly browser: string;
  readonly cpus: number;
  /** Whether the page had the browser's high-resolution clock. */
  readonly isolated: boolean;
}

/** A measurement of this page, as saved in a file. */
export interface BenchReport {
  readonly format: "skyrocket-lab-bench";
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly plan: Plan;
  readonly surroundings: Surroundings;
  readonly readings: readonly EncodedReading[];
}

export interface EncodedReading {
  readonly transport: string;
  readonly title: string;
  readonly counts: Counts;
  readonly cuts: number;
  readonly faults: readonly string[];
  /** Microseconds, in the buckets of bench/statistics/histogram.ts. */
  readonly latency: EncodedHistogram;
}

/** Encodes a reading for a file. */
export function encode(reading: Reading, title: string): EncodedReading {
  const { transport, sent, received, duplicated, cuts, latency, lateness } = reading;
  return {
    transport,
    title,
    counts: { sent, received, lost: lostOf(reading), duplicated, lateMs: lateness.percentile(99) / 1_000 },
    cuts,
    faults: faultsOf(reading),
    latency: latency.encode(),
  };
}

/** Returns a saved reading as a line. */
export function lineOf({ title, transport, latency, counts, faults }: EncodedReading): Line {
  return { label: title, transport, kind: "ours", latency: Histogram.decode(latency), counts, faults };
}

const COLUMNS = [
  "transport",
  "valid",
  "sent",
  "received",
  "lost",
  "duplicated",
  "p50_ms",
  "p90_ms",
  "p99_ms",
  "p99_9_ms",
  "max_ms",
  "generator_late_p99_ms",
];

/** Returns the table as CSV (RFC 4180). */
export function csvOf(lines: readonly Line[]): string {
  const rows = lines.map(({ label, latency, counts, faults }) => [
    label,
    faults.length === 0 ? "yes" : "no",
    counts.sent,
    counts.received,
    counts.lost,
    counts.duplicated,
    ...[50, 90, 99, 99.9].map((percent) => ms(latency, latency.percentile(percent))),
    ms(latency, latency.max),
    counts.lateMs?.toFixed(3) ?? null,
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function ms({ count }: Histogram, microseconds: number): string | null {
  return count === 0 ? null : (microseconds / 1_000).toFixed(3);
}

function cell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What is drawn in one picture: a measurement of this page, or one load of a scenario of `npm run bench`. */
interface Part {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** A report that was opened from a file. */
export interface Opened {
  readonly title: string;
  /** The file's content. */
  readonly json: string;
  /** At least one. */
  readonly parts: readonly Part[];
}

/** The opened file is not a report that can be shown. */
export class ReportError extends Error {
  override readonly name = "ReportError";
}

/** Reads a file of this page's or of `npm run bench`. Throws ReportError. */
export function openReport(text: string): Opened {
  const value = parse(text);
  const parts = isOurs(value) ? ownParts(value) : isBench(value) ? benchParts(value) : null;
  if (parts === null) {
    throw new ReportError("This file is not a report of this page or of `npm run bench` (schema 2 or 3).");
  }
  if (parts.length === 0) throw new ReportError("The report has no latencies: its scenarios measured none.");
  return { title: titleOf(value), json: text, parts };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, withCurrentNames);
  } catch {
    throw new ReportError("The file is not JSON. Choose one that was saved here, or one of bench/results.");
  }
}

function titleOf(value: unknown): string {
  if (!isObject(value)) return "A report";
  const started =
    typeof value["startedAt"] === "number" ? new Date(value["startedAt"]).toISOString() : value["started"];
  return `Measured ${typeof started === "string" ? started.replace("T", " ").replace(/\..*$/, "") : "at some time"}`;
}

function ownParts({ plan, readings }: BenchReport): Part[] {
  return [{ title: planText(plan), lines: readings.map(lineOf) }];
}

interface BenchResults {
  readonly rows: readonly {
    readonly name: string;
    readonly title: string;
    readonly kind: string;
    readonly leg: string;
  }[];
  readonly scenarios: readonly { readonly name: string; readonly title: string }[];
  readonly samples: readonly BenchSample[];
}

interface BenchSample {
  readonly scenario: string;
  readonly row: string;
  readonly point: string | null;
  readonly latency: EncodedHistogram | null;
  readonly faults: { readonly lost: number; readonly duplicated: number };
  readonly invalid: object | null;
}

/** Latencies are comparable only if the sender did not wait for its readers and all rows had the same rate. */
function hasComparableLatency({ scenario, point, latency }: BenchSample): boolean {
  return latency !== null && point !== "lockstep" && scenario !== "saturate" && scenario !== "burst";
}

function benchParts({ rows, scenarios, samples }: BenchResults): Part[] {
  const groups = groupBy(samples.filter(hasComparableLatency), ({ scenario, point }) =>
    JSON.stringify([scenario, point]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const byRow = groupBy(group, ({ row }) => row);
    const scenario = scenarios.find(({ name }) => name === first.scenario)?.title ?? first.scenario;
    const lines = rows.flatMap((row) => {
      const own = byRow.get(row.name);
      return own === undefined ? [] : [benchLine(row, own)];
    });
    return [{ title: first.point === null ? scenario : `${scenario}: ${first.point}`, lines }];
  });
}

/** Groups items by key, in the order of each group's first item. `Map.groupBy` is newer than some supported browsers. */
function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Merges all rounds of a row. As in the bench's report, latencies of invalid rounds are left out; their losses count. */
function benchLine({ title, kind, leg }: BenchResults["rows"][number], samples: readonly BenchSample[]): Line {
  const valid = samples.filter(({ invalid }) => invalid === null);
  const latency = new Histogram();
  for (const sample of valid) latency.add(sample.latency ?? []);
  const sum = (fault: "lost" | "duplicated"): number => samples.reduce((total, { faults }) => total + faults[fault], 0);
  return {
    label: title,
    transport: leg,
    kind: kind === "ours" ? "ours" : "other",
    latency,
    counts: { sent: null, received: latency.count, lost: sum("lost"), duplicated: sum("duplicated"), lateMs: null },
    faults: valid.length === 0 ? ["All rounds were discarded. The report itself says why."] : [],
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.every(isItem);
}

/** More than a histogram has. A higher bucket number would make it loop almost endlessly. */
const BUCKETS = 4_096;

function isHistogram(value: unknown): value is EncodedHistogram {
  const isCount = (number: unknown): boolean => Number.isSafeInteger(number) && Number(number) >= 0;
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every(isCount) && pair[0] < BUCKETS;
  return Array.isArray(value) && value.every(isPair);
}

function hasTexts(value: unknown, ...names: readonly string[]): value is Readonly<Record<string, unknown>> {
  return isObject(value) && names.every((name) => typeof value[name] === "string");
}

function isReading(value: unknown): value is EncodedReading {
  if (!hasTexts(value, "transport", "title") || !isHistogram(value["latency"])) return false;
  const { counts, faults } = value;
  const isAmount = (amount: unknown): boolean => amount === null || Number.isFinite(amount);
  return (
    isObject(counts) &&
    ["received", "lost", "duplicated"].every((name) => Number.isFinite(counts[name])) &&
    ["sent", "lateMs"].every((name) => isAmount(counts[name])) &&
    Array.isArray(faults) &&
    faults.every((fault) => typeof fault === "string")
  );
}

function isOurs(value: unknown): value is BenchReport {
  if (!isObject(value) || value["format"] !== "skyrocket-lab-bench" || value["version"] !== 1) return false;
  const { plan } = value;
  const planned = isObject(plan) && ["rate", "bytes", "seconds"].every((name) => Number.isFinite(plan[name]));
  return planned && isListOf(value["readings"], isReading);
}

function isSample(value: unknown): value is BenchSample {
  if (!hasTexts(value, "scenario", "row")) return false;
  const { point, latency, faults } = value;
  return (
    (point === null || typeof point === "string") &&
    (latency === null || isHistogram(latency)) &&
    isObject(faults) &&
    ["lost", "duplicated"].every((name) => Number.isFinite(faults[name]))
  );
}

/** Older files, of the bench's schema 2 too, call duplicates `doubled`. */
function withCurrentNames(_key: string, value: unknown): unknown {
  if (!isObject(value) || !("doubled" in value)) return value;
  const { doubled, ...others } = value;
  return { ...others, duplicated: doubled };
}

function isBench(value: unknown): value is BenchResults {
  if (!isObject(value) || (value["schema"] !== 2 && value["schema"] !== 3)) return false;
  const isRow = (row: unknown): row is BenchResults["rows"][number] => hasTexts(row, "name", "title", "kind", "leg");
  const isScenario = (one: unknown): one is BenchResults["scenarios"][number] => hasTexts(one, "name", "title");
  const { rows, scenarios, samples } = value;
  return isListOf(rows, isRow) && isListOf(scenarios, isScenario) && isListOf(samples, isSample);
}
