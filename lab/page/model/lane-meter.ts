/** A lane in numbers at a time of the run: latencies, cost, totals, and the ledger of its messages. */
import type { LaneNumber, RunLane } from "../../engine/run.ts";
import type { LaneObservations } from "./lane-observations.ts";
import type { RunIndex } from "./run-index.ts";
import {
  firstFrom,
  lastUntil,
  type MessageRecord,
  NOTHING,
  type StateMark,
  type Totals,
  type Trouble,
} from "./run-records.ts";

/** Latencies from sending a message until the lane's client has it, ms; null before the first one. */
interface Latencies {
  readonly now: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  /** Number of messages that the percentiles cover. */
  readonly count: number;
}

/** Bytes per message in one direction. */
export interface Share {
  readonly payload: number;
  readonly overhead: number;
}

/** Cost per message, counting everything on the lane since the first message was sent. */
interface Cost {
  readonly up: Share;
  readonly down: Share;
  readonly bytes: number;
  readonly requests: number;
  readonly messages: number;
}

export interface LaneMeter {
  readonly latencies: Latencies;
  readonly cost: Cost | null;
  readonly totals: Totals;
  readonly ledger: LaneLedger;
  readonly state: StateMark | undefined;
  readonly trouble: KnownTrouble | undefined;
}

/** A lane's last cut, as far as it was known at that time. */
export interface KnownTrouble extends Trouble {
  /** When the lane had a message again; null if not yet. */
  readonly heardAt: number | null;
}

/** p50 and p99 cover at most this many messages, the newest. */
const RECENT = 1_000;

export function meterAt(runIndex: RunIndex, runLane: RunLane, at: number): LaneMeter {
  const { lane } = runLane;
  const { client, wire } = runIndex.lane(lane);
  return {
    latencies: latenciesAt(runIndex, lane, at),
    cost: costAt(runIndex, lane, at),
    totals: lastUntil(wire.totals, at) ?? NOTHING,
    ledger: ledgerAt(runIndex, runLane, at),
    state: lastUntil(client.states, at),
    trouble: knownAt(client, at),
  };
}

/** Returns the last trouble as it was known at `at`. A replay's index has later entries too, which must not be shown yet. */
function knownAt({ troubles, receipts }: LaneObservations, at: number): KnownTrouble | undefined {
  const trouble = lastUntil(troubles, at);
  if (trouble === undefined) return undefined;
  const past = (time: number | null): number | null => (time !== null && time <= at ? time : null);
  return {
    ...trouble,
    noticedAt: past(trouble.noticedAt),
    recoveredAt: past(trouble.recoveredAt),
    heardAt: past(receipts[firstFrom(receipts, trouble.at)]?.at ?? null),
  };
}

function latenciesAt(runIndex: RunIndex, lane: LaneNumber, at: number): Latencies {
  const { receipts } = runIndex.lane(lane).client;
  const end = firstFrom(receipts, at + Number.EPSILON);
  const recent = receipts.slice(Math.max(0, end - RECENT), end);
  const values = recent.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs]));
  const now = values.at(-1) ?? null;
  values.sort((one, other) => one - other);
  return { now, p50: quantile(values, 0.5), p99: quantile(values, 0.99), count: values.length };
}

/** Returns a quantile of a sorted list by nearest rank: a value that was measured. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

function costAt(runIndex: RunIndex, lane: LaneNumber, at: number): Cost | null {
  const { client, wire, totalsBefore } = runIndex.lane(lane);
  const messages = lastUntil(client.counts, at)?.received ?? 0;
  if (totalsBefore === null || messages === 0) return null;
  const now = lastUntil(wire.totals, at) ?? NOTHING;
  const each = (name: "up" | "down" | "upPayload" | "downPayload" | "requests"): number =>
    Math.max(0, now[name] - totalsBefore[name]) / messages;
  const up = { payload: each("upPayload"), overhead: each("up") - each("upPayload") };
  const down = { payload: each("downPayload"), overhead: each("down") - each("downPayload") };
  return { up, down, bytes: each("up") + each("down"), requests: each("requests"), messages };
}

/** What happened to the race's messages on one lane. */
export interface LaneLedger {
  /** Messages that the server stored since the lane was first live, and earlier ones that the lane received nevertheless. */
  readonly sent: number;
  readonly received: number;
  /** Not received, and not expected any more. */
  readonly lost: number;
  /** Sent, and neither received nor lost. */
  readonly inFlight: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly replayed: number;
}

/** Within this time a client notices a dead stream and resumes from its cursor. */
const SETTLED_MS = 45_000;
/** A naive client notices nothing. A message that is missing after five slow polls won't arrive. */
const NAIVE_SETTLED_MS = 10_000;

/** Returns the ledger of a lane at a time of the run. */
export function ledgerAt(runIndex: RunIndex, { lane, naive }: RunLane, at: number): LaneLedger {
  const settledMs = naive ? NAIVE_SETTLED_MS : SETTLED_MS;
  const { client, forgotten } = runIndex.lane(lane);
  const counts = lastUntil(client.counts, at);
  let sent = forgotten.meant;
  let lost = forgotten.lost;
  let inFlight = 0;
  const state = lastUntil(client.states, at);
  const newest = lastUntil(client.receipts, at);
  for (const message of runIndex.messages) {
    if (message.at > at) break;
    const receipt = message.receipts.get(lane);
    const isHere = receipt !== undefined && receipt.at <= at;
    const isMeant = client.liveAt !== null && message.at >= client.liveAt && isStored(message, at);
    if (!isHere && !isMeant) continue;
    sent += 1;
    if (isHere) continue;
    const quietSince = Math.max(message.acknowledgedAt ?? at, state?.at ?? at);
    const overtaken = newest !== undefined && newest.seq > (message.seq ?? Number.POSITIVE_INFINITY);
    const settled = state?.state === "closed" || (state?.state === "live" && at - quietSince > settledMs);
    if (overtaken || settled) lost += 1;
    else inFlight += 1;
  }
  return {
    sent,
    received: counts?.received ?? 0,
    lost,
    inFlight,
    duplicated: counts?.duplicated ?? 0,
    reordered: counts?.reordered ?? 0,
    replayed: counts?.replayed ?? 0,
  };
}

function isStored(message: MessageRecord, at: number): boolean {
  return message.acknowledgedAt !== null && message.acknowledgedAt <= at;
}
