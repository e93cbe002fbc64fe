/**
 * The terms of the bench. A row is a server and the way its readers read; a scenario measures every row once per round; a
 * reading is one outcome.
 */

import type { Generator } from "./generator/client.ts";
import type { Dialect } from "./generator/dialect.ts";
import type { Faults } from "./generator/ledger.ts";
import type { ServerProcess } from "./measure/server-process.ts";
import type { EncodedHistogram } from "./statistics/histogram.ts";

/**
 * The transport by which a row's readers get events, not a direction: "raw", or the name of a transport. Rows of one leg
 * are compared with each other.
 */
export type Leg = string;

/** One line of the tables: a server, and the way its readers read. */
export interface Row {
  /** Its name on the command line and in results: "socket-io-websocket". */
  readonly name: string;
  readonly title: string;
  /** The server, which several rows may share: "socket-io". */
  readonly system: string;
  /** "floor": a server that only broadcasts, as a lower bound; "ours": Skyrocket; "peer": another project's server. */
  readonly kind: "floor" | "ours" | "peer";
  readonly leg: Leg;
  /** The relevant settings and how messages reach the server, in one sentence for the report. */
  readonly setting: string;
  /** Name and version, for the results; null if the row needs no package. */
  readonly version: string | null;
  /** Why the row can't run here and what installs it; null if it can run. */
  readonly missing: string | null;
  /** Returns the Node script, with arguments, that starts the server and prints the address it listens on. */
  readonly server: (readers: number) => readonly string[];
  /** How the load generator talks to it. */
  readonly dialect: Dialect;
  /** Whether a reader that reconnects gets what it missed. If not, a message lost while it is away is no fault. */
  readonly resumes: boolean;
  /** The only scenarios that measure it; undefined if all do. */
  readonly only?: readonly string[];
  /** Its real client, for the scenario `deaths`: raw sockets don't reconnect, send again or report a gap as it does. */
  readonly client?: "skyrocket" | "socket-io" | "nchan";
}

/** A row and its running server. */
export interface Opened {
  readonly row: Row;
  readonly server: ServerProcess;
}

/** A number that is measured; `name` is its key in `Reading.metrics`. */
export interface Metric {
  readonly name: string;
  readonly title: string;
  /** "µs", "bytes", "1/s" …; empty for a bare count or ratio. */
  readonly unit: string;
  readonly better: "lower" | "higher";
}

/** Why a reading is invalid. Faults are the server's; `generator` means that the load generator was the limit. */
export type Invalid =
  | ({ readonly kind: "faults" } & Faults)
  | { readonly kind: "generator"; readonly cpu: number; readonly delayMs: number }
  | { readonly kind: "failed"; readonly message: string };

/** The outcome of one measurement of one row. */
export interface Reading {
  /** The value that varies within the scenario, as text ("200 readers"); null if nothing varies. */
  readonly point: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** From the intended time of sending to each reader's receipt, in microseconds; null if it is not measured. */
  readonly latency: EncodedHistogram | null;
  /** The same, for the last reader of each message. */
  readonly lastLatency: EncodedHistogram | null;
  readonly faults: Faults;
  readonly invalid: Invalid | null;
  /** Start and end on CLOCK_MONOTONIC, in microseconds. They locate the window in a CPU profile. */
  readonly span: readonly [number, number];
}

export interface Sample extends Reading {
  readonly scenario: string;
  readonly row: string;
  readonly round: number;
}

/** The length and load of a run. Each scenario uses the parts it needs. */
export interface Effort {
  /** Rounds. Each one measures every row once, in a new random order. */
  readonly rounds: number;
  /** Rounds after which a scenario restarts its persistent servers; null keeps them for all rounds. */
  readonly roundsPerServer: number | null;
  /** Length of one measured window, in seconds. */
  readonly seconds: number;
  /** Readers of a broadcast. */
  readonly readers: number;
  /** Broadcasts before the first round, which are not measured. */
  readonly warmUp: number;
  /** Numbers of idle connections, ascending. The memory slope is taken over them. */
  readonly idle: readonly number[];
  /** How long they are measured, in seconds. */
  readonly idleSeconds: number;
}

/** What a scenario uses to measure one row. */
export interface Stage extends Opened {
  readonly generator: Generator;
  readonly effort: Effort;
  readonly round: number;
  /** Runs `work` under a lock that rows measured at the same time share: for work that must not overlap. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** One question, measured for every row. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** The question and how it is measured, in a few sentences for the report. */
  readonly question: string;
  readonly metrics: readonly Metric[];
  /**
   * "persistent": the server and `effort.readers` readers stay for all rounds, or for `effort.roundsPerServer`, and are
   * warmed up once. "fresh": every measurement has a new server without readers; the scenario opens them.
   */
  readonly lifecycle: "persistent" | "fresh";
  /** Rows measured at the same time; more than one only if they don't affect each other's timing and CPU. */
  readonly together: number;
  /** Returns the effort that this scenario needs, given the run's: "storm", for example, has at most five rounds. */
  adapt(effort: Effort): Effort;
  /** Returns whether this scenario can measure the row. */
  applies(row: Row): boolean;
  measure(stage: Stage): Promise<readonly Reading[]>;
}

/** A bound on a number, or on its ratio to another row in the same rounds, that the project intends to meet. */
export interface Target {
  readonly scenario: string;
  readonly point: string | null;
  readonly metric: string;
  readonly row: string;
  /** null if the bound is on the number itself. */
  readonly against: string | null;
  /** The point at which that row is compared; null for the same point as the target's. */
  readonly againstPoint: string | null;
  readonly bound: number;
  readonly direction: "at most" | "at least";
  /** A better value to reach later; null if there is none. */
  readonly goal: number | null;
}
