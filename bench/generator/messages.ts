import type { EncodedHistogram } from "../statistics/histogram.ts";
import type { Faults } from "./ledger.ts";

/** A row's publisher and readers, to be opened by the generator. May be asked again for more readers of the same row. */
export interface Open {
  readonly type: "open";
  /** Name of a row of the registry: it says which dialect is spoken. */
  readonly row: string;
  readonly url: string;
  readonly readers: number;
  /** Readers keep their place and are opened anew when their connection breaks. */
  readonly supervised: boolean;
}

/** What a row's crew is to do. */
export type Program =
  | {
      /**
       * `together` messages at once, on a schedule, but never before every reader has those before: no server can put
       * two turns into one write or two into one poll, so what is measured is the cost of a delivery.
       */
      readonly kind: "lockstep";
      readonly turns: number;
      readonly together: number;
      readonly perSecond: number;
      readonly textBytes: number;
    }
  | {
      /** One message after another on a fixed schedule, whatever comes back; latency counts from the intended time. */
      readonly kind: "schedule";
      readonly messages: number;
      readonly perSecond: number;
      readonly textBytes: number;
      readonly disturbance: Disturbance | null;
    }
  | {
      /** A member's own message, back at itself, one at a time; by the connection it reads by where that is duplex. */
      readonly kind: "echo";
      readonly messages: number;
      readonly textBytes: number;
    }
  | {
      /** Nothing is published: what happens is what idle connections do. */
      readonly kind: "wait";
      readonly ms: number;
    }
  | {
      /** Cuts every reader at one moment and opens all anew, `spreadMs` apart between first and last; one message before, one meanwhile, one after. */
      readonly kind: "storm";
      readonly spreadMs: number;
      readonly patienceMs: number;
    };

/** What is done to readers while a schedule runs. */
export type Disturbance =
  /** The first `share` of the readers stop reading `afterMs` into the run, for `forMs`. Their latency is kept apart. */
  | { readonly kind: "slow"; readonly share: number; readonly afterMs: number; readonly forMs: number }
  /** Every reader is cut every `everyMs` and comes back `awayMs` later, readers evenly spread over the period. */
  | { readonly kind: "jitter"; readonly everyMs: number; readonly awayMs: number };

export interface Run {
  readonly type: "run";
  readonly row: string;
  readonly program: Program;
}

export interface Close {
  readonly type: "close";
  readonly row: string;
}

export type Order = Open | Run | Close;

/** What it took to open connections. */
export interface Opening {
  readonly readers: number;
  /** From the first connection asked for to the last one in, sessions not included. */
  readonly elapsedMs: number;
  /** Bytes of a handshake, per reader, until it was in. */
  readonly bytesDown: number;
  readonly bytesUp: number;
}

/** What the generator saw of one run. */
export interface Seen extends Faults {
  /** Messages published. */
  readonly messages: number;
  /** Messages that arrived at readers. */
  readonly deliveries: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Chunks read by readers. */
  readonly reads: number;
  /** From the first message due until the last reader had the last one, or patience ended. */
  readonly elapsedMs: number;
  /** Turns of a lockstep that had to wait for the one before them. */
  readonly late: number;
  /** Microseconds from the intended time of sending to each receipt; slow readers' apart. */
  readonly latency: EncodedHistogram;
  /** The same for the last (undisturbed) reader of each message. */
  readonly lastLatency: EncodedHistogram;
  /** Of the readers a disturbance was done to; empty without one. */
  readonly disturbedLatency: EncodedHistogram;
  /** Connections opened anew because theirs had broken. */
  readonly reopened: number;
  /** Storm: ms from the cut until so many percent of the readers were in again, keyed "50", "95", "100"; else empty. */
  readonly backMs: Readonly<Record<string, number>>;
  /** Messages due but not yet delivered everywhere, at the middle and the end of a schedule: a growing backlog. */
  readonly backlog: { readonly middle: number; readonly end: number };
  /** The generator's own CPU time as a share of one CPU, and the 99th percentile of its event loop's delay. */
  readonly generatorCpu: number;
  readonly generatorDelayMs: number;
}

export type Answer =
  | { readonly type: "opened"; readonly id: number; readonly opening: Opening }
  | { readonly type: "ran"; readonly id: number; readonly seen: Seen }
  | { readonly type: "closed"; readonly id: number }
  | { readonly type: "failed"; readonly id: number; readonly message: string };

/** An order with the number its answer will carry: orders for different rows may be under way together. */
export interface Numbered {
  readonly id: number;
  readonly order: Order;
}

/** Both ends are this bench's own and of one version: the shape of the envelope tells enough. */
export function isAnswer(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && "type" in value && "id" in value;
}

export function isNumbered(value: unknown): value is Numbered {
  return typeof value === "object" && value !== null && "id" in value && "order" in value;
}
