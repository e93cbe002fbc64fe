import type { EndedFaults } from "./ledger.ts";

/** How a reader's bytes are asked for and taken apart. */
export type ReaderKind = "raw" | "sse" | "websocket" | "long-polling" | "short-polling";
/** How the publisher speaks: lines on a bare socket, lines after an HTTP upgrade, `say` on a WebSocket, `say` by POST. */
export type PublisherKind = "line" | "upgraded-line" | "websocket" | "post";

/** One row's readers and publisher, to be opened by the generator. */
export interface Open {
  readonly type: "open";
  readonly row: string;
  readonly url: string;
  readonly reader: ReaderKind;
  readonly publisher: PublisherKind;
  readonly readers: number;
  /** Each reader and the publisher opens a session first; else the requests carry placeholders of the same length. */
  readonly sessions: boolean;
}

/** So many broadcasts in one row, at most so many a second, each sent when every reader has the one before. */
export interface Run {
  readonly type: "run";
  readonly row: string;
  readonly broadcasts: number;
  readonly perSecond: number;
}

export type Order = Open | Run | { readonly type: "close"; readonly row: string };

/** What the generator saw of one run. */
export interface Seen extends EndedFaults {
  readonly broadcasts: number;
  /** Messages that arrived at readers. */
  readonly deliveries: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  readonly elapsedMs: number;
  /** Broadcasts that had to wait for the one before them. */
  readonly late: number;
  /** The generator's own CPU time as a share of one CPU, and the 99th percentile of its event loop's delay. */
  readonly generatorCpu: number;
  readonly generatorDelayMs: number;
}

export type Answer =
  | { readonly type: "opened" }
  | { readonly type: "ran"; readonly seen: Seen }
  | { readonly type: "closed" }
  | { readonly type: "failed"; readonly message: string };

const ANSWERS: readonly unknown[] = ["opened", "ran", "closed", "failed"];
const ORDERS: readonly unknown[] = ["open", "run", "close"];

/** Both ends are this bench's own and of one version: the kind tells the rest. */
export function isAnswer(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && "type" in value && ANSWERS.includes(value.type);
}

export function isOrder(value: unknown): value is Order {
  return typeof value === "object" && value !== null && "type" in value && ORDERS.includes(value.type);
}
