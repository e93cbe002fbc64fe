/** The words of the bench: what is set side by side, what a scenario does with it, and what comes out. */

import type { Generator } from "./generator/client.ts";
import type { Dialect } from "./generator/dialect.ts";
import type { Faults } from "./generator/ledger.ts";
import type { ServerProcess } from "./measure/server-process.ts";
import type { EncodedHistogram } from "./statistics/histogram.ts";

/** How the bytes come down: "raw", or the name of a transport. Rows of one leg are set beside one another. */
export type Leg = string;

/** One line of the tables: a server, and how its readers read. */
export interface Row {
  /** Its name on the command line and in results: "socket-io-websocket". */
  readonly name: string;
  readonly title: string;
  /** Rows of one server share it: "socket-io". */
  readonly system: string;
  readonly kind: "floor" | "ours" | "peer";
  readonly leg: Leg;
  /** The settings that matter and the path a message takes in: one sentence, for the report. */
  readonly setting: string;
  /** Name and version, for the results; null for what needs no package. */
  readonly version: string | null;
  /** Why it can't run here and what would install it; null when it can. */
  readonly missing: string | null;
  /** The Node script, with arguments, that starts the server and prints the address it listens on. */
  readonly server: (readers: number) => readonly string[];
  /** How the load generator speaks with it. */
  readonly dialect: Dialect;
  /** A reader that comes back gets what it missed. Where not, what is lost while it is away is a result, not a fault. */
  readonly resumes: boolean;
}

/** A row's server, running. */
export interface Opened {
  readonly row: Row;
  readonly server: ServerProcess;
}

/** One number of a row: its key in `Reading.metrics`. */
export interface Metric {
  readonly name: string;
  readonly title: string;
  /** "µs", "bytes", "1/s" …; empty for a bare count or ratio. */
  readonly unit: string;
  readonly better: "lower" | "higher";
}

/** Why a reading counts for nothing. Faults are the server's; `generator` says that the instrument was the limit. */
export type Invalid =
  | ({ readonly kind: "faults" } & Faults)
  | { readonly kind: "generator"; readonly cpu: number; readonly delayMs: number }
  | { readonly kind: "failed"; readonly message: string };

/** What one measurement of one row gave. */
export interface Reading {
  /** What was varied within the scenario, as text ("200 readers"); null where nothing is. */
  readonly point: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** From the intended time of sending to each reader's receipt, in microseconds; null where it is not measured. */
  readonly latency: EncodedHistogram | null;
  /** The same, for the last reader of each message. */
  readonly lastLatency: EncodedHistogram | null;
  readonly faults: Faults;
  readonly invalid: Invalid | null;
  /** Begin and end on CLOCK_MONOTONIC, in microseconds: finds the window in a CPU profile. */
  readonly span: readonly [number, number];
}

export interface Sample extends Reading {
  readonly scenario: string;
  readonly row: string;
  readonly round: number;
}

/** How long and how hard a run is; every scenario reads from it what it needs. */
export interface Effort {
  /** Rounds; in each every row is measured once, in an order shuffled anew. */
  readonly rounds: number;
  /** Rounds after which a standing scenario's servers are started anew; null: they stay up over all of them. */
  readonly roundsPerServer: number | null;
  /** Length of one measured window, in seconds. */
  readonly seconds: number;
  /** Readers of a broadcast. */
  readonly readers: number;
  /** Broadcasts before the first round, dropped. */
  readonly warmUp: number;
  /** Connections held idle, ascending; the memory slope is taken over them. */
  readonly idle: readonly number[];
  /** How long they are watched, in seconds. */
  readonly idleSeconds: number;
}

/** What a scenario may use while it measures one row. */
export interface Stage extends Opened {
  readonly generator: Generator;
  readonly effort: Effort;
  readonly round: number;
  /** Runs `work` while no other row of this scenario does: for what rows measured together must not disturb. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** One question put to every row. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What it asks and how it is measured, in two or three sentences: stands in the report. */
  readonly question: string;
  readonly metrics: readonly Metric[];
  /**
   * "standing": server and `effort.readers` readers stay up over all rounds, or so many as the effort says, warmed up once.
   * "fresh": every measurement has a new server, without readers; the scenario opens them by `generator.open`.
   */
  readonly lifecycle: "standing" | "fresh";
  /** Rows measured at the same time; more than one only where timing and CPU of one don't touch another's. */
  readonly together: number;
  /** Effort of this scenario where it differs from what was asked ("storm" needs no 21 rounds). */
  adapt(effort: Effort): Effort;
  applies(row: Row): boolean;
  /** Readers of a standing row, where it isn't `effort.readers`. */
  measure(stage: Stage): Promise<readonly Reading[]>;
}

/** A number the project means to keep, as a ratio to another row of the same rounds, or as it is. */
export interface Target {
  readonly scenario: string;
  readonly point: string | null;
  readonly metric: string;
  readonly row: string;
  /** null: the bound is on the number itself. */
  readonly against: string | null;
  /** Another point of that row than the target's own; null: the same. */
  readonly againstPoint: string | null;
  readonly bound: number;
  readonly direction: "at most" | "at least";
  readonly stretch: number | null;
}
