import { Histogram } from "../../../bench/statistics/histogram.ts";
import type { Disturbance } from "./watch.ts";

/** What one transport's measurement gave, and, while it runs, has given so far. */
export interface Reading {
  readonly transport: string;
  /** Messages that were due. */
  readonly planned: number;
  sent: number;
  received: number;
  /** Received again. */
  duplicated: number;
  /** Refused by the server or given up by the client. */
  refused: number;
  /** How often the client lost its connection. */
  cuts: number;
  /** From the intended time of sending to the receipt, in microseconds. */
  readonly latency: Histogram;
  /** From the intended time of sending to the client's `send`, in microseconds: the generator's own part. */
  readonly lateness: Histogram;
  /** The same as `latency`, in ms, by the message's number; null: not there yet. */
  readonly latencies: (number | null)[];
  disturbance: Disturbance;
  /** Why there is no measurement at all. */
  failure: string | null;
}

export function emptyReading(transport: string, planned: number): Reading {
  return {
    transport,
    planned,
    sent: 0,
    received: 0,
    duplicated: 0,
    refused: 0,
    cuts: 0,
    latency: new Histogram(),
    lateness: new Histogram(),
    latencies: Array.from({ length: planned }, () => null),
    disturbance: { hiddenMs: 0, stalledMs: 0 },
    failure: null,
  };
}

/** More of the generator's sends than one in a hundred later than this, and it is the generator that was measured. */
const LATE_MS = 20;
/** A browser that throttles lets timers wait for a second; a long task or a busy machine comes near it. */
const STALL_MS = 250;

/** Why a reading counts for nothing, each in a sentence; empty: it counts. What the server lost is a result, not a reason. */
export function faultsOf(reading: Reading): string[] {
  if (reading.failure !== null) return [reading.failure];
  const { hiddenMs, stalledMs } = reading.disturbance;
  const faults: string[] = [];
  if (hiddenMs > 0) {
    faults.push(`The tab was hidden for ${seconds(hiddenMs)}: a browser lets the timers of such a tab wait.`);
  }
  if (stalledMs > STALL_MS) {
    faults.push(
      `A timer came ${Math.round(stalledMs)} ms late: the tab was throttled, or the machine was busy. Close other tabs, or try a lower rate.`,
    );
  }
  const late = reading.lateness.percentile(99) / 1_000;
  if (late > LATE_MS) {
    faults.push(
      `This page was too busy: 1 in 100 messages left ${Math.round(late)} ms late. Close other tabs, or try a lower rate.`,
    );
  }
  if (reading.sent < reading.planned) {
    faults.push(`It was stopped after ${reading.sent} of ${reading.planned} messages.`);
  }
  if (reading.refused > 0) {
    faults.push(`The server took ${reading.refused} of the messages not at all, or not in time. Ask for a lower rate.`);
  }
  return faults;
}

/** Messages that were sent and taken, and have not come back. */
export function lostOf({ sent, received, refused }: Reading): number {
  return Math.max(0, sent - received - refused);
}

function seconds(ms: number): string {
  return ms < 1_000 ? "under a second" : `${Math.round(ms / 1_000)} s`;
}
