import type { Invalid, Metric, Reading, Row, Stage } from "../contract.ts";
import type { Faults } from "../generator/ledger.ts";
import type { Opening, Program, Seen } from "../generator/messages.ts";
import { cpuBetween } from "../measure/process-tree.ts";

export const NO_FAULTS: Faults = { lost: 0, doubled: 0, reordered: 0 };

/** Broadcasts a second at which neither servers nor generator are at their limit with 500 readers. */
const STREAM_RATE = 100;
const POLL_RATE = 25;

/** Every poll is a request: polls are asked for less a second than streams. */
export function paceOf(leg: string): number {
  return leg.endsWith("-polling") ? POLL_RATE : STREAM_RATE;
}

/** CLOCK_MONOTONIC, which all processes share, in microseconds. */
export function monotonic(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

export interface Window {
  readonly seen: Seen;
  readonly invalid: Invalid | null;
  readonly span: readonly [number, number];
  /** Server CPU, in microseconds per delivery. */
  readonly cpu: { readonly total: number; readonly user: number; readonly system: number };
}

/** Runs one program and takes the server's CPU time from its first message until the last reader has the last one. */
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

/** What every delivery of a window cost. */
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
  const { lost, doubled, reordered, latency, lastLatency } = window.seen;
  return {
    point,
    metrics,
    latency,
    lastLatency,
    faults: { lost, doubled, reordered },
    invalid: window.invalid,
    span: window.span,
  };
}

/** Faster than any server: the next message goes out as soon as every reader has the one before. */
const AS_FAST_AS_IT_GOES = 100_000;

/** Opens so many readers more at the row's server, and with the first call the publisher. */
export function openReaders({ generator, row, server }: Stage, readers: number, supervised: boolean): Promise<Opening> {
  return generator.open({ row: row.name, url: server.url.href, readers, supervised });
}

/** Broadcasts that are dropped: the server's code is compiled and its buffers have grown when they are over. */
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
    perSecond: AS_FAST_AS_IT_GOES,
    textBytes,
  });
}

/** Their servers say nothing to a reader that comes in: it counts itself in when TCP has connected it. */
const UNANSWERED = new Set(["net", "http-long-polling", "nchan-long-polling"]);

/** Whether a reader knows from the server that it is in. Where not, the time it took says nothing about the server. */
export function isLetIn({ name }: { readonly name: string }): boolean {
  return !UNANSWERED.has(name);
}

/** Short pollers are away most of the time: what is asked of readers that hold on means nothing for them. */
export function holdsOn({ leg }: { readonly leg: string }): boolean {
  return leg !== "short-polling";
}

/** Above this share of its CPU the generator, not the server, sets the pace. */
const MOST_CPU = 0.9;
/** A generator whose event loop is later than so many intervals of the schedule did not keep the schedule. */
const MOST_INTERVALS_LATE = 3;

/** Judges one run at a pace of `perSecond`. Null: it counts. */
export function judge(seen: Seen, perSecond: number): Invalid | null {
  const { lost, doubled, reordered, generatorCpu, generatorDelayMs } = seen;
  if (lost !== 0 || doubled !== 0 || reordered !== 0) return { kind: "faults", lost, doubled, reordered };
  const limited = generatorCpu > MOST_CPU || generatorDelayMs > (MOST_INTERVALS_LATE * 1_000) / perSecond;
  return limited ? { kind: "generator", cpu: generatorCpu, delayMs: generatorDelayMs } : null;
}

export function explain(invalid: Invalid): string {
  switch (invalid.kind) {
    case "faults":
      return `INVALID: ${invalid.lost} lost, ${invalid.doubled} doubled, ${invalid.reordered} reordered`;
    case "generator":
      return `INVALID: the generator was the limit (${Math.round(invalid.cpu * 100)} % CPU, event loop ${invalid.delayMs.toFixed(1)} ms late at p99)`;
    case "failed":
      return `INVALID: ${invalid.message}`;
  }
}

/**
 * Judges a run in which readers were away. What a row without resumption loses then is its result: it counts in
 * `Reading.faults`, but makes nothing invalid. `perSecond` is the pace against which the generator's delay is held.
 */
export function judgeAway(row: Row, seen: Seen, perSecond: number): Invalid | null {
  return judge(row.resumes ? seen : { ...seen, lost: 0 }, perSecond);
}

/** Whether the generator had no CPU left, faults and delays aside. */
export function generatorSpent(seen: Seen): Invalid | null {
  return judge({ ...seen, lost: 0, doubled: 0, reordered: 0, generatorDelayMs: 0 }, 1);
}

/** What a delivery costs the server; shared by the scenarios that ask for it. */
export const CPU: Metric = { name: "cpu", title: "CPU per delivery", unit: "µs", better: "lower" };

/** Bytes down beyond those of the `net` floor, which sends the same events bare; taken inside each round. */
export const OVERHEAD: Metric = { name: "overhead", title: "overhead down", unit: "bytes", better: "lower" };

export const DELIVERY_METRICS: readonly Metric[] = [
  CPU,
  { name: "user", title: "of it user", unit: "µs", better: "lower" },
  { name: "system", title: "of it system", unit: "µs", better: "lower" },
  { name: "bytesDown", title: "bytes down per delivery", unit: "bytes", better: "lower" },
  OVERHEAD,
  { name: "bytesUp", title: "bytes up per delivery", unit: "bytes", better: "lower" },
  { name: "readsPerDelivery", title: "reads per delivery", unit: "", better: "lower" },
];
