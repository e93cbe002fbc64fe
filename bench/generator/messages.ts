/** What the bench and the load generator's process send each other over IPC. */
import type { EncodedHistogram } from "../statistics/histogram.ts";
import type { Faults } from "./ledger.ts";

/** Opens a row's publishers and readers. A second order for the same row adds readers. */
export interface Open {
  readonly type: "open";
  /** Name of a row of the registry, which determines the dialect. */
  readonly row: string;
  readonly url: string;
  /**
   * Addresses of the nodes to which readers connect, in turn. A reader reconnects to the next one in the list.
   * Default: `url`.
   */
  readonly readAt?: readonly string[];
  /**
   * Addresses of the nodes at which messages are published: in lockstep a turn at each, otherwise all at the first one, since
   * two senders have no common order. Default: `url`.
   */
  readonly publishAt?: readonly string[];
  readonly readers: number;
  /** Whether readers track their position and reconnect when their connection breaks. */
  readonly supervised: boolean;
}

/** What a row's readers and publisher do in one run. */
export type Program =
  | {
      /**
       * Publishes in turns: `together` messages at once, on a schedule, but never before every reader has those of the
       * previous turn, or a timeout has passed. No server can put two turns into one write or one poll, so the result is
       * the cost of a delivery.
       */
      readonly kind: "lockstep";
      readonly turns: number;
      readonly together: number;
      readonly perSecond: number;
      readonly textBytes: number;
    }
  | {
      /** Publishes on a fixed schedule, whatever arrives. Latency counts from the intended time of sending. */
      readonly kind: "schedule";
      readonly messages: number;
      readonly perSecond: number;
      readonly textBytes: number;
      readonly disturbance: Disturbance | null;
    }
  | {
      /** Publishes one message at a time: by the first reader if its dialect lets readers publish, else by the publisher. */
      readonly kind: "echo";
      readonly messages: number;
      readonly textBytes: number;
    }
  | {
      /** Publishes nothing: the cost is that of idle connections. */
      readonly kind: "wait";
      readonly ms: number;
    }
  | {
      /**
       * Cuts every reader at once and reconnects them, `spreadMs` between the first and the last. Publishes one message
       * before, one while all are away, and one when all are back.
       */
      readonly kind: "storm";
      readonly spreadMs: number;
      readonly timeoutMs: number;
    }
  | {
      /**
       * Kills the process of a node at which `readers` read. They reconnect at another node by themselves. Publishes one
       * message before, one while they are away, and one when all are back.
       */
      readonly kind: "failover";
      readonly pid: number;
      readonly readers: number;
      readonly timeoutMs: number;
    };

/** What happens to readers while a schedule runs. */
export type Disturbance =
  /** The first `share` of the readers stop reading `afterMs` into the run, for `forMs`. Their latency is kept apart. */
  | { readonly kind: "slow"; readonly share: number; readonly afterMs: number; readonly forMs: number }
  /** Every reader is cut every `everyMs` and reconnects `awayMs` later; readers are evenly spread over the period. */
  | { readonly kind: "flapping"; readonly everyMs: number; readonly awayMs: number };

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

/** The cost of opening connections. */
export interface Opening {
  readonly readers: number;
  /** From the first connection to the last reader attached, without creating sessions. */
  readonly elapsedMs: number;
  /** Bytes per reader until it was attached. */
  readonly bytesDown: number;
  readonly bytesUp: number;
}

/** What the generator observed in one run. */
export interface Observation extends Faults {
  /** Messages published. */
  readonly messages: number;
  /** Messages that arrived at readers. */
  readonly deliveries: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Chunks read by readers. */
  readonly reads: number;
  /** From the first message due until the last reader had the last one, or until the timeout. */
  readonly elapsedMs: number;
  /** Lockstep turns that had to wait for the previous one. */
  readonly late: number;
  /** Microseconds from the intended time of sending to each receipt, without disturbed readers. */
  readonly latency: EncodedHistogram;
  /** The same for the last undisturbed reader of each message. */
  readonly lastLatency: EncodedHistogram;
  /** The same for disturbed readers; empty if there are none. */
  readonly disturbedLatency: EncodedHistogram;
  /** Reconnects after a broken connection. */
  readonly reopened: number;
  /** Storm and failover: ms from the cut until 50, 95 and 100 percent of the cut readers were attached again. */
  readonly backMs: Readonly<Record<string, number>>;
  /** Messages due but not yet delivered everywhere, at the middle and at the end of a schedule. */
  readonly backlog: { readonly middle: number; readonly end: number };
  /** The generator's own CPU time as a share of one CPU, and the 99th percentile of its event loop's delay. */
  readonly generatorCpu: number;
  readonly generatorDelayMs: number;
}

/** The answer to each type of order. */
export type Answer =
  | { readonly type: "opened"; readonly opening: Opening }
  | { readonly type: "ran"; readonly seen: Observation }
  | { readonly type: "closed" };
