import type { LaneNumber, RunLane } from "../../engine/run.ts";
import { type LaneLedger, ledgerAt } from "./ledger.ts";
import type { LaneClient } from "./story/lane-client.ts";
import { NOTHING, type StateMark, type Totals, type Trouble } from "./story/parts.ts";
import { firstFrom, lastUntil } from "./story/search.ts";
import type { Story } from "./story/story.ts";

/** Latencies, from the sending of a message to the moment a lane's client has it; ms, null before the first. */
export interface Latencies {
  readonly now: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  /** How many messages that is about. */
  readonly of: number;
}

/** Bytes of one direction for one message. */
export interface Share {
  readonly payload: number;
  readonly overhead: number;
}

/** What a lane's message has cost, everything counted that went by since the first was sent; null before there is one. */
export interface Cost {
  readonly up: Share;
  readonly down: Share;
  readonly bytes: number;
  readonly requests: number;
  readonly messages: number;
}

/** A lane as it stood at a moment of the run. */
export interface LaneMeter {
  readonly latencies: Latencies;
  readonly cost: Cost | null;
  readonly totals: Totals;
  readonly ledger: LaneLedger;
  readonly state: StateMark | undefined;
  readonly trouble: KnownTrouble | undefined;
}

/** A lane's last trouble, as far as it had come. */
export interface KnownTrouble extends Trouble {
  /** When the lane had a message again; null: not yet. */
  readonly heardAt: number | null;
}

/** p50 and p99 are of so many messages at most, the newest. */
const RECENT = 1_000;

export function meterAt(story: Story, runLane: RunLane, at: number): LaneMeter {
  const { lane } = runLane;
  const { client, wire } = story.lane(lane);
  return {
    latencies: latenciesAt(story, lane, at),
    cost: costAt(story, lane, at),
    totals: lastUntil(wire.totals, at) ?? NOTHING,
    ledger: ledgerAt(story, runLane, at),
    state: lastUntil(client.states, at),
    trouble: knownAt(client, at),
  };
}

/** In a run that is gone through again, what comes later is on record already. */
function knownAt({ troubles, receipts }: LaneClient, at: number): KnownTrouble | undefined {
  const trouble = lastUntil(troubles, at);
  if (trouble === undefined) return undefined;
  const past = (moment: number | null): number | null => (moment !== null && moment <= at ? moment : null);
  return {
    ...trouble,
    noticedAt: past(trouble.noticedAt),
    recoveredAt: past(trouble.recoveredAt),
    heardAt: past(receipts[firstFrom(receipts, trouble.at)]?.at ?? null),
  };
}

function latenciesAt(story: Story, lane: LaneNumber, at: number): Latencies {
  const { receipts } = story.lane(lane).client;
  const end = firstFrom(receipts, at + Number.EPSILON);
  const recent = receipts.slice(Math.max(0, end - RECENT), end);
  const values = recent.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs]));
  const now = values.at(-1) ?? null;
  values.sort((one, other) => one - other);
  return { now, p50: quantile(values, 0.5), p99: quantile(values, 0.99), of: values.length };
}

/** Nearest rank, of a sorted list. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

function costAt(story: Story, lane: LaneNumber, at: number): Cost | null {
  const { client, wire, before } = story.lane(lane);
  const messages = lastUntil(client.counts, at)?.received ?? 0;
  if (before === null || messages === 0) return null;
  const now = lastUntil(wire.totals, at) ?? NOTHING;
  const each = (name: "up" | "down" | "upPayload" | "downPayload" | "requests"): number =>
    Math.max(0, now[name] - before[name]) / messages;
  const up = { payload: each("upPayload"), overhead: each("up") - each("upPayload") };
  const down = { payload: each("downPayload"), overhead: each("down") - each("downPayload") };
  return { up, down, bytes: each("up") + each("down"), requests: each("requests"), messages };
}
