/** The records that a run index keeps, all in ms of the run, and searches in lists that are sorted by time. */
import type { ConnectionNumber, Fault } from "../../engine/proxy/contract.ts";
import type { ClientEntry, LaneNumber, NodeNumber } from "../../engine/run.ts";
import type { Direction } from "../../engine/weather.ts";

/** Bytes that were in flight together. */
export interface Transfer {
  /** When the proxy passed them on. Lists are sorted by it. */
  readonly at: number;
  readonly connection: ConnectionNumber;
  readonly direction: Direction;
  /** When they left one end. */
  from: number;
  /** When they reached the other. */
  to: number;
  readonly bytes: number;
  /** What they are, in one or two words: `GET`, `200`, `event`. */
  readonly label: string;
  /** Names of the race's messages in them. */
  readonly messages: readonly string[];
}

/** A request or stream that is open on the server. */
export interface OpenRequest {
  /** When it was opened. Lists are sorted by it. */
  readonly at: number;
  readonly connection: ConnectionNumber;
  readonly kind: "waits" | "streams";
  /** null while it is open. */
  until: number | null;
}

/** A request or stream at a node, from the time at which it got there. */
export interface Held {
  readonly at: number;
  readonly node: NodeNumber;
  /** null while it is open. */
  until: number | null;
}

/** Requests that went to a node up to `at`. */
export interface Served {
  readonly at: number;
  readonly requests: number;
}

/** Totals of a lane up to `at`. */
export interface Totals {
  readonly at: number;
  readonly up: number;
  readonly down: number;
  readonly upPayload: number;
  readonly downPayload: number;
  /** Bytes that were counted but not recorded. */
  readonly unrecorded: number;
  /** Bytes that the weather dropped. */
  readonly swallowed: number;
  readonly requests: number;
  /** Reads from the server: its socket writes, unless TCP merged them. */
  readonly writes: number;
  readonly open: number;
}

export const NOTHING: Totals = {
  at: Number.NEGATIVE_INFINITY,
  up: 0,
  down: 0,
  upPayload: 0,
  downPayload: 0,
  unrecorded: 0,
  swallowed: 0,
  requests: 0,
  writes: 0,
  open: 0,
};

/** Counts of a lane's client up to `at`. */
export interface Received {
  readonly at: number;
  readonly received: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly replayed: number;
}

/** A message that reached a lane's client. */
export interface Receipt {
  readonly at: number;
  readonly message: string;
  readonly seq: number;
  readonly replayed: boolean;
  /** ms since it was sent; null if that is unknown. */
  readonly latencyMs: number | null;
  /** When its bytes left the server; null if not seen. */
  leftAt: number | null;
}

export interface StateMark {
  readonly at: number;
  readonly state: Extract<ClientEntry, { readonly kind: "state" }>["state"];
  readonly detail: string;
}

export interface FaultMark {
  readonly at: number;
  readonly what: Fault;
}

/** A cut of a lane's connections, and how its client reacted. */
export interface Trouble {
  readonly at: number;
  readonly what: Fault;
  /** null if the client has not noticed it, or never does, as between two polls. */
  noticedAt: number | null;
  recoveredAt: number | null;
}

/** A WebSocket handshake. */
export interface Handshake {
  readonly at: number;
  readonly up: number;
  readonly down: number;
  readonly tookMs: number;
  readonly key: string;
  readonly accept: string;
}

/** One of the race's messages. */
export interface MessageRecord {
  readonly name: string;
  /** When it was sent. Lists are sorted by it. */
  readonly at: number;
  readonly sender: LaneNumber;
  readonly textBytes: number;
  /** When the server had it, as far as the proxies saw. */
  serverAt: number | null;
  acknowledgedAt: number | null;
  seq: number | null;
  /** Why it was not sent; null otherwise. */
  refused: string | null;
  readonly receipts: Map<LaneNumber, Receipt>;
}

/** Returns the index of the first item whose `at` is `from` or later. */
export function firstFrom(items: readonly { readonly at: number }[], from: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.at ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the last item whose `at` is not after this. */
export function lastUntil<Item extends { readonly at: number }>(items: readonly Item[], at: number): Item | undefined {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return items[low - 1];
}

/** Inserts an item by its `at`. Items arrive nearly in order, so this searches from the end. */
export function insert<Item extends { readonly at: number }>(items: Item[], item: Item): void {
  let place = items.length;
  while (place > 0 && (items[place - 1]?.at ?? 0) > item.at) place -= 1;
  items.splice(place, 0, item);
}

/** Drops the items before `at`, except the last of them: its values still apply at `at`. */
export function forgetBefore(items: { readonly at: number }[], at: number): void {
  const first = firstFrom(items, at);
  if (first > 1) items.splice(0, first - 1);
}
