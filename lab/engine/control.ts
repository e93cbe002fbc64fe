import type { Entry, LaneNumber, NodeNumber } from "./run.ts";
import type { OneShotFault, Weather } from "./weather.ts";

/** An order of the page over `/lab/control`, a WebSocket. One such connection is one visitor; its proxies end with it. */
export type Order =
  /** Sets the weather and the seed of all lanes. Confirmed by a `weather` entry. */
  | { readonly type: "weather"; readonly weather: Weather; readonly seed: number; readonly preset?: string }
  | OneShotFault
  /** Turns the recording of bytes off or on; it starts on. Connections and faults are always recorded. */
  | { readonly type: "record"; readonly bytes: boolean }
  /** Answered by `time`, so that the page can synchronise its clock with the proxies'. */
  | { readonly type: "time"; readonly id: number }
  /** Sends up to `rawBytes` on a new connection through this lane's proxy: the frame workbench. */
  | { readonly type: "raw"; readonly lane: LaneNumber; readonly base64: string }
  | { readonly type: "node"; readonly node: NodeNumber; readonly do: NodeAction };

/** Kills a node's process or starts it again; cuts the node from Redis or joins it again. */
export type NodeAction = "kill" | "start" | "cut" | "join";

/** A message of the server to the page. */
export type LabMessage =
  | {
      readonly type: "welcome";
      /** One proxy per lane. The page decides which transport runs on it. */
      readonly lanes: readonly { readonly lane: LaneNumber; readonly port: number }[];
      /** Zero of all entries' `at`, in ms since 1970. */
      readonly startedAt: number;
    }
  | { readonly type: "entries"; readonly entries: readonly Entry[] }
  | { readonly type: "time"; readonly id: number; readonly at: number }
  /** Why an order failed; or, before the connection closes, why the visitor was refused. */
  | { readonly type: "refused"; readonly message: string };

/** The response of `GET /lab/info`. */
export interface LabInfo {
  readonly visitors: number;
  readonly maxVisitors: number;
  /** Sustained rate of one session's messages, per second; null for no limit. */
  readonly commandsPerSecond: number | null;
  /** True if this caller can have lanes: only on the server's own machine. Replays need none. */
  readonly lanes: boolean;
}

/** The lab's limits. The page's controls and the validation of orders share them. */
export const LAB_LIMITS = {
  /** Visitors at once. Each has its own ports and recording. */
  visitors: 20,
  /** Connections through one proxy at once. */
  connections: 64,
  /** Bytes held by one proxy. Above it, senders are paused. */
  heldBytes: 1_048_576,
  /** Bytes of one `raw` order. */
  rawBytes: 67_584,
  /** Connections opened by `raw` orders at once. The oldest is closed for a new one. */
  rawConnections: 8,
  /** Idle time after which such a connection is closed. */
  rawSilenceMs: 5_000,
  /** Orders of one visitor. */
  ordersPerSecond: 500,
  /** Delay and jitter, each. */
  delayMs: 30_000,
  /** Lowest and highest bandwidth. */
  bytesPerSecond: [100, 1_000_000_000],
  packetBytes: [1, 65_536],
  /** Mean time between cuts or stalls, and the idle limit. */
  everyMs: [100, 3_600_000],
  /** Duration of a stall or restart. */
  forMs: 60_000,
  /** Seeds are integers from 0 to this. */
  seed: 4_294_967_295,
  /** Characters of a preset's name. */
  presetCharacters: 64,
} as const;
