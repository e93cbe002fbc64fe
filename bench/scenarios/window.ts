import type { Invalid, Reading, Stage } from "../contract.ts";
import type { Faults } from "../generator/ledger.ts";
import type { Program, Seen } from "../generator/messages.ts";
import { cpuBetween } from "../measure/process-tree.ts";
import { judge } from "../run/validity.ts";

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
