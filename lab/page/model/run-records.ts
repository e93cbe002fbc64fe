import type { ConnectionNumber, Fault } from "../../engine/proxy/contract.ts";
import type { ClientEntry, LaneNumber } from "../../engine/run.ts";
import type { Direction } from "../../engine/weather.ts";

/** Bytes that travelled together. All times are ms of the run. */
export interface Transfer {
  /** When the proxy had passed them on. Lists are sorted by it. */
  readonly at: number;
  readonly connection: ConnectionNumber;
  readonly direction: Direction;
  /** When they left one end. */
  from: number;
  /** When they reached the other. */
  to: number;
  readonly bytes: number;
  /** What they are, in a word or two: `GET`, `200`, `event`. */
  readonly label: string;
  /** The page's messages in them. */
  readonly messages: readonly string[];
}

/** A request or a stream that is open on the server's side. */
export interface OpenRequest {
  /** When it was asked. Lists are sorted by it. */
  readonly at: number;
  readonly connection: ConnectionNumber;
  readonly kind: "waits" | "streams";
  /** null: it still is. */
  until: number | null;
}

/** What has gone over a lane up to `at`. */
export interface Totals {
  readonly at: number;
  readonly up: number;
  readonly down: number;
  readonly upPayload: number;
  readonly downPayload: number;
  /** Bytes that were counted only. */
  readonly unrecorded: number;
  /** Bytes that the weather took. */
  readonly swallowed: number;
  readonly requests: number;
  /** Pieces in which bytes came from the server: its socket writes, as far as TCP left them apart. */
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

/** What a lane's client has been given up to `at`. */
export interface Received {
  readonly at: number;
  readonly received: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly replayed: number;
}

/** A message that reached a lane. */
export interface Receipt {
  readonly at: number;
  readonly message: string;
  readonly seq: number;
  readonly replayed: boolean;
  /** ms since it was sent; null when that is not known. */
  readonly latencyMs: number | null;
  /** When its bytes left the server; null: not seen. */
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

/** A cut of a lane, and what its client made of it. */
export interface Trouble {
  readonly at: number;
  readonly what: Fault;
  /** null: not yet, or not at all, as where a cut falls between two polls. */
  noticedAt: number | null;
  recoveredAt: number | null;
}

/** How a lane's WebSocket was opened. */
export interface Handshake {
  readonly at: number;
  readonly up: number;
  readonly down: number;
  readonly tookMs: number;
  readonly key: string;
  readonly accept: string;
}

/** One of the page's messages. */
export interface MessageRecord {
  readonly name: string;
  /** When it was sent. Lists are sorted by it. */
  readonly at: number;
  readonly sender: LaneNumber;
  readonly textBytes: number;
  /** When the server had it, as far as was seen. */
  serverAt: number | null;
  acknowledgedAt: number | null;
  seq: number | null;
  /** Why it was not sent. */
  refused: string | null;
  readonly receipts: Map<LaneNumber, Receipt>;
}

/** The index of the first item whose `at` is `from` or later, in a list that is sorted by it. */
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

/** The last item whose `at` is not after this, in a list that is sorted by it. */
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

/** Puts an item where its `at` belongs. What arrives is nearly in order, so this looks from the end. */
export function insert<Item extends { readonly at: number }>(items: Item[], item: Item): void {
  let place = items.length;
  while (place > 0 && (items[place - 1]?.at ?? 0) > item.at) place -= 1;
  items.splice(place, 0, item);
}

/** Drops what is before `at`, in a list that is sorted by it, but for the last of it, which openRequests until then. */
export function forgetBefore(items: { readonly at: number }[], at: number): void {
  const first = firstFrom(items, at);
  if (first > 1) items.splice(0, first - 1);
}
