/** What scenarios share: readers, a measured window and whether it is valid, and the metrics of a delivery. */
import type { Invalid, Metric, Reading, Row, Stage } from "../contract.ts";
import type { Faults } from "../generator/ledger.ts";
import type { Observation, Opening, Program } from "../generator/messages.ts";
import { cpuBetween } from "../measure/process-tree.ts";

export const NO_FAULTS: Faults = { lost: 0, duplicated: 0, reordered: 0 };

/** Broadcasts per second at which neither servers nor generator reach their limit with 500 readers. */
const STREAM_RATE = 100;
const POLL_RATE = 25;

/** Returns the broadcasts per second for a leg. Every poll is a request, so polls get fewer than streams. */
export function paceOf(leg: string): number {
  return leg.endsWith("-polling") ? POLL_RATE : STREAM_RATE;
}

/** Returns CLOCK_MONOTONIC, which all processes share, in microseconds. */
export function monotonic(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

export interface Window {
  readonly seen: Observation;
  readonly invalid: Invalid | null;
  readonly span: readonly [number, number];
  /** Server CPU, in microseconds per delivery. */
  readonly cpu: { readonly total: number; readonly user: number; readonly system: number };
}

/** Runs one program. Measures the server's CPU time from the first message until the last reader has the last one. */
export async function measureWindow(
  { generator, server, row }: Stage,
  program: Program,
  perSecond: number,
): Promise<Window> {
  const begin = monotonic();
  const before = await server.cpuTime();
  const seen = await generator.run(row.name, program);
  const { total, user, system } = cpuBetween(before, await server.cpuTime());
  const deliveries = Math.max(1, seen.deliveries);
  return {
    seen,
    invalid: judge(seen, perSecond),
    span: [begin, monotonic()],
    cpu: { total: total / deliveries, user: user / deliveries, system: system / deliveries },
  };
}

/** Returns a window's cost per delivery. */
export function deliveryMetrics({ cpu, seen }: Window): Record<string, number> {
  const deliveries = Math.max(1, seen.deliveries);
  return {
    cpu: cpu.total,
    user: cpu.user,
    system: cpu.system,
    bytesDown: seen.bytesDown / deliveries,
    bytesUp: seen.bytesUp / deliveries,
    readsPerDelivery: seen.reads / deliveries,
  };
}

export function readingOf(point: string | null, window: Window, metrics: Readonly<Record<string, number>>): Reading {
  const { lost, duplicated, reordered, latency, lastLatency } = window.seen;
  return {
    point,
    metrics,
    latency,
    lastLatency,
    faults: { lost, duplicated, reordered },
    invalid: window.invalid,
    span: window.span,
  };
}

/** More than any server reaches: the next message is sent as soon as every reader has the previous one. */
const AS_FAST_AS_POSSIBLE = 100_000;

/** Opens `readers` more readers at the row's server, and the publisher on the first call. */
export function openReaders({ generator, row, server }: Stage, readers: number, supervised: boolean): Promise<Opening> {
  return generator.open({ row: row.name, url: server.url.href, readers, supervised });
}

/** Sends broadcasts that no result includes, so that the server's code is compiled and its buffers have grown. */
export async function warmUp(
  { generator, row }: Pick<Stage, "generator" | "row">,
  turns: number,
  textBytes = 0,
): Promise<void> {
  if (turns === 0) return;
  await generator.run(row.name, {
    kind: "lockstep",
    turns,
    together: 1,
    perSecond: AS_FAST_AS_POSSIBLE,
    textBytes,
  });
}

/** Rows whose servers send nothing to a new reader. It counts as attached once TCP is connected. */
const SILENT = new Set(["net", "http-long-polling", "nchan-long-polling"]);

/** Returns whether the server confirms a new reader. If not, the time until it is attached can't be measured. */
export function confirmsReaders({ name }: { readonly name: string }): boolean {
  return !SILENT.has(name);
}

/** Returns whether readers are always connected. Short pollers aren't, so some questions are meaningless for them. */
export function staysConnected({ leg }: { readonly leg: string }): boolean {
  return leg !== "short-polling";
}

/** Above this share of its CPU, the generator and not the server limits the rate. */
const MOST_CPU = 0.9;
/** A generator whose event loop is late by more than this many intervals did not keep the schedule. */
const MOST_INTERVALS_LATE = 3;

/**
 * Returns why a run is invalid, or null if it is valid. The generator's event loop may be late by three intervals of
 * `perSecond` messages.
 */
export function judge(seen: Observation, perSecond: number): Invalid | null {
  const { lost, duplicated, reordered, generatorCpu, generatorDelayMs } = seen;
  if (lost !== 0 || duplicated !== 0 || reordered !== 0) return { kind: "faults", lost, duplicated, reordered };
  const limited = generatorCpu > MOST_CPU || generatorDelayMs > (MOST_INTERVALS_LATE * 1_000) / perSecond;
  return limited ? { kind: "generator", cpu: generatorCpu, delayMs: generatorDelayMs } : null;
}

/** Returns the reason as one line. */
export function explain(invalid: Invalid): string {
  switch (invalid.kind) {
    case "faults":
      return `INVALID: ${invalid.lost} lost, ${invalid.duplicated} duplicated, ${invalid.reordered} reordered`;
    case "generator":
      return `INVALID: the generator was the limit (${Math.round(invalid.cpu * 100)} % CPU, event loop ${invalid.delayMs.toFixed(1)} ms late at p99)`;
    case "failed":
      return `INVALID: ${invalid.message}`;
  }
}

/**
 * Judges a run in which readers were away. For a row that does not resume, lost messages are a result: they count in
 * `Reading.faults`, but don't make the run invalid. `perSecond` is that of `judge`.
 */
export function judgeAway(row: Row, seen: Observation, perSecond: number): Invalid | null {
  return judge(row.resumes ? seen : { ...seen, lost: 0 }, perSecond);
}

/** Returns a reason if the generator had no CPU left, regardless of faults and delays. */
export function generatorSpent(seen: Observation): Invalid | null {
  return judge({ ...seen, lost: 0, duplicated: 0, reordered: 0, generatorDelayMs: 0 }, 1);
}

/** The server's CPU cost of a delivery. */
export const CPU: Metric = { name: "cpu", title: "CPU per delivery", unit: "µs", better: "lower" };

/** Bytes down beyond those of the `net` floor of the same round, which sends the same events without framing. */
export const OVERHEAD: Metric = { name: "overhead", title: "overhead down", unit: "bytes", better: "lower" };

export const DELIVERY_METRICS: readonly Metric[] = [
  CPU,
  { name: "user", title: "of which user", unit: "µs", better: "lower" },
  { name: "system", title: "of which system", unit: "µs", better: "lower" },
  { name: "bytesDown", title: "bytes down per delivery", unit: "bytes", better: "lower" },
  OVERHEAD,
  { name: "bytesUp", title: "bytes up per delivery", unit: "bytes", better: "lower" },
  { name: "readsPerDelivery", title: "reads per delivery", unit: "", better: "lower" },
];
