import type { RunLane } from "../../engine/run.ts";
import type { MessageStory } from "./story/parts.ts";
import { lastUntil } from "./story/search.ts";
import type { Story } from "./story/story.ts";

/** What became of the page's messages on one lane. */
export interface LaneLedger {
  /** Messages the server has taken since this lane was live for the first time, and earlier ones that it has heard of. */
  readonly sent: number;
  readonly received: number;
  /** They have not come, and nothing says that they still might. */
  readonly lost: number;
  /** Sent, and neither here nor lost. */
  readonly underway: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly replayed: number;
}

/** So long it takes until a client has found out that its stream is dead, and has read on from its cursor. */
const SETTLED_MS = 45_000;
/** A naive client finds out nothing: what was not here in the time of five slow polls does not come. */
const NAIVE_SETTLED_MS = 10_000;

/** The ledger of a lane as it stood at a moment of the run. */
export function ledgerAt(story: Story, { lane, naive }: RunLane, at: number): LaneLedger {
  const settledMs = naive ? NAIVE_SETTLED_MS : SETTLED_MS;
  const { client, forgotten } = story.lane(lane);
  const counts = lastUntil(client.counts, at);
  let sent = forgotten.meant;
  let lost = forgotten.lost;
  let underway = 0;
  const state = lastUntil(client.states, at);
  const newest = lastUntil(client.receipts, at);
  for (const message of story.messages) {
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
    else underway += 1;
  }
  return {
    sent,
    received: counts?.received ?? 0,
    lost,
    underway,
    duplicated: counts?.duplicated ?? 0,
    reordered: counts?.reordered ?? 0,
    replayed: counts?.replayed ?? 0,
  };
}

function isStored(message: MessageStory, at: number): boolean {
  return message.acknowledgedAt !== null && message.acknowledgedAt <= at;
}
