import type { ClientEntry, LaneNumber, RunLane } from "../../../lab/engine/run.ts";
import { RunIndex } from "../../../lab/page/model/run-index.ts";

export const LANE: RunLane = { lane: 0, transport: "sse", naive: false };
export const NAIVE: RunLane = { ...LANE, naive: true };

type Told = readonly [at: number, ...entries: readonly ClientEntry[]];

/** A story told by hand of one lane: at each time (ms), what its client did and saw. */
export function indexOf(told: readonly Told[], lane: LaneNumber = LANE.lane): RunIndex {
  const runIndex = new RunIndex();
  for (const [at, ...entries] of told) {
    for (const entry of entries) runIndex.take({ at, lane, ...entry });
  }
  return runIndex;
}

export const LIVE: ClientEntry = { kind: "state", state: "live" };
export const RECONNECTING: ClientEntry = { kind: "state", state: "reconnecting" };

/** The page's message m1, m2, …, of 10 B. */
export function send(seq: number): ClientEntry {
  return { kind: "send", message: `m${seq}`, textBytes: 10 };
}

export function acknowledged(seq: number): ClientEntry {
  return { kind: "acknowledged", message: `m${seq}`, seq };
}

export function received(seq: number, replayed = false): ClientEntry {
  return { kind: "received", message: `m${seq}`, seq, replayed };
}
