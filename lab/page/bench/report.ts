import { type EncodedHistogram, Histogram } from "../../../bench/statistics/histogram.ts";
import type { Plan } from "./plan.ts";
import { faultsOf, lostOf, type Reading } from "./reading.ts";

/** One line of a measurement, as it is drawn, listed and taken away. */
export interface Line {
  readonly label: string;
  /** The transport's name, or "raw": by it a line has its colour and its dashes. */
  readonly transport: string;
  /** Ours, or somebody else's: a report of `npm run bench` has both. */
  readonly kind: "ours" | "other";
  readonly latency: Histogram;
  readonly counts: Counts;
  /** Why it counts for nothing; empty: it counts. */
  readonly faults: readonly string[];
}

export interface Counts {
  /** Null where the report does not say. */
  readonly sent: number | null;
  readonly received: number;
  readonly lost: number;
  readonly duplicated: number;
  /** The generator's own part: 99 % of its messages left no later than this, in ms. Null where the report does not say. */
  readonly lateMs: number | null;
}

/** What a measurement was made with. */
export interface Surroundings {
  readonly browser: string;
  readonly cpus: number;
  /** Whether the browser gave the page its finer clock. */
  readonly isolated: boolean;
}

/** A measurement of this page, as a file. */
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

/** A reading as it is kept. */
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

/** A kept reading as it is drawn. */
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

/** The table as CSV (RFC 4180). */
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
