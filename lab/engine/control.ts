import type { Entry, LaneNumber } from "./run.ts";
import type { Cut, Weather } from "./weather.ts";

/**
 * What the page orders, over `/lab/control`, a WebSocket. One visitor is one such connection; with it go its proxies.
 * docs/lab.md has the bounds of every number.
 */
export type Order =
  /** All lanes meet the same weather from the same seed. Told back as an entry (`weather`) once it holds. */
  | { readonly type: "weather"; readonly weather: Weather; readonly seed: number; readonly preset?: string }
  | { readonly type: "cut"; readonly how: Cut }
  | { readonly type: "restart"; readonly forMs: number }
  | { readonly type: "stall"; readonly forMs: number }
  /** Whether bytes are told, as they are from the beginning; connections and faults always are. */
  | { readonly type: "record"; readonly bytes: boolean }
  /** Answered by `time`, so that the page can set its clock beside the proxies'. */
  | { readonly type: "time"; readonly id: number }
  /**
   * Bytes to be sent as they are on a connection of their own through this lane's proxy, up to 64 KiB: the frame workbench.
   * The connection is ended when the server has ended it or has been silent for 5 s.
   */
  | { readonly type: "raw"; readonly lane: LaneNumber; readonly base64: string };

/** What the page is told. */
export type Telling =
  | {
      readonly type: "welcome";
      /** One proxy per lane; the page decides which transport runs on it. */
      readonly lanes: readonly { readonly lane: LaneNumber; readonly port: number }[];
      /** The clock of all entries' `at` (ms since this visitor came) started at this time, ms since 1970. */
      readonly startedAt: number;
    }
  | { readonly type: "entries"; readonly entries: readonly Entry[] }
  | { readonly type: "time"; readonly id: number; readonly at: number }
  /** An order that can't be carried out, and why; or, before the connection's end, why no visitor is let in. */
  | { readonly type: "refused"; readonly message: string };

/** What `GET /lab/info` answers: there is a laboratory, and how it stands. */
export interface LabInfo {
  readonly visitors: number;
  readonly maxVisitors: number;
  /** Messages a second that one session may send in the long run; null: any number. */
  readonly commandsPerSecond: number | null;
  /** Whether whoever asks can have lanes: only on the server's own machine, by a loopback name. Replays need none. */
  readonly lanes: boolean;
}
