/** The result of measuring one transport, and why it may not be valid. */
import { Histogram } from "../../../bench/statistics/histogram.ts";
import type { Clock } from "../../../src/clock.ts";

/** Grows while the measurement runs. */
export interface Reading {
  readonly transport: string;
  /** Messages that were due. */
  readonly planned: number;
  sent: number;
  received: number;
  /** Messages received more than once. */
  duplicated: number;
  /** Messages that the server refused or the client gave up. */
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
  /** Why nothing was measured. */
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

/** If more than 1 in 100 sends are later than this, the generator was measured, not the server. */
const LATE_MS = 20;
/** A timer later than this shows a throttled tab, whose timers run once per second, a long task or a busy machine. */
const STALL_MS = 250;

/** Returns why a reading is discarded, each reason in a sentence; empty if it is valid. Lost messages are a result, not a reason. */
export function faultsOf(reading: Reading): string[] {
  if (reading.failure !== null) return [reading.failure];
  const { hiddenMs, stalledMs } = reading.disturbance;
  const faults: string[] = [];
  if (hiddenMs > 0) {
    faults.push(`The tab was hidden for ${seconds(hiddenMs)}: browsers delay the timers of hidden tabs.`);
  }
  if (stalledMs > STALL_MS) {
    faults.push(
      `A timer fired ${Math.round(stalledMs)} ms late: the tab was throttled, or the machine was busy. Close other tabs, or try a lower rate.`,
    );
  }
  const late = reading.lateness.percentile(99) / 1_000;
  if (late > LATE_MS) {
    faults.push(
      `This page was too busy: 1 in 100 messages left ${Math.round(late)} ms late. Close other tabs, or try a lower rate.`,
    );
  }
  if (reading.sent < reading.planned) {
    faults.push(`Stopped after ${reading.sent} of ${reading.planned} messages.`);
  }
  if (reading.refused > 0) {
    faults.push(`The server refused ${reading.refused} messages, or accepted them too late. Try a lower rate.`);
  }
  return faults;
}

/** Returns how many messages the server accepted that did not come back. */
export function lostOf({ sent, received, refused }: Reading): number {
  return Math.max(0, sent - received - refused);
}

function seconds(ms: number): string {
  return ms < 1_000 ? "under a second" : `${Math.round(ms / 1_000)} s`;
}

/** How the browser disturbed the page while it measured. */
interface Disturbance {
  /** How long the page was hidden. */
  readonly hiddenMs: number;
  /** The longest delay of a timer: a throttled tab, a busy machine, or a long task. */
  readonly stalledMs: number;
}

const EVERY_MS = 50;

/** Starts watching for disturbances. The returned function stops it and returns what it has seen. */
export function watchDisturbance(clock: Clock, isHidden: () => boolean): () => Disturbance {
  let hiddenMs = 0;
  let stalledMs = 0;
  let last = clock.monotonicNow();
  let cancel = (): void => undefined;
  const look = (): void => {
    const now = clock.monotonicNow();
    stalledMs = Math.max(stalledMs, now - last - EVERY_MS);
    if (isHidden()) hiddenMs += now - last;
    last = now;
  };
  const step = (): void => {
    look();
    cancel = clock.after(EVERY_MS, step);
  };
  cancel = clock.after(EVERY_MS, step);
  return () => {
    cancel();
    look();
    return { hiddenMs, stalledMs: Math.max(0, stalledMs) };
  };
}
