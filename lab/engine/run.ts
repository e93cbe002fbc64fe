import type { ConnectionNumber, Fault } from "./proxy/contract.ts";
import type { Direction, Weather } from "./weather.ts";

/**
 * A recording: everything that the race, the wire view and the meters show. A live run grows at its end; a replayed run
 * comes from a file. The views are functions of the run and the playhead, so both look the same. Times are ms since the
 * run began, on one clock.
 */
export interface Run {
  readonly format: "skyrocket-run";
  readonly version: 1;
  readonly title: string;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly seed: number;
  readonly lanes: readonly RunLane[];
  readonly entries: readonly Entry[];
}

/** A lane: one client of the room, on one transport, through its own proxy. */
export interface RunLane {
  readonly lane: LaneNumber;
  /** The transport's name in the registry. */
  readonly transport: string;
  /** True if the client has no cursor, heartbeat or retry, to show what they are for. */
  readonly naive: boolean;
}

export type LaneNumber = number;

/** A node's place among the nodes, from 0. */
export type NodeNumber = number;

export type Entry = LaneEntry | WeatherEntry | ServerEntry | NodesEntry;

/** The weather of all lanes from now on. */
export interface WeatherEntry {
  readonly kind: "weather";
  readonly at: number;
  readonly weather: Weather;
  /** The preset's name, if it is one. */
  readonly preset?: string;
}

/** The resources of the whole server process in the last second. */
export interface ServerEntry {
  readonly kind: "server";
  readonly at: number;
  /** User and system time in ms per second. */
  readonly cpuMsPerSecond: number;
  readonly rssBytes: number;
  /** The longest event loop delay. */
  readonly loopDelayMs: number;
}

/** The state of each node from now on. Only a laboratory in front of several nodes has it. */
export interface NodesEntry {
  readonly kind: "nodes";
  readonly at: number;
  readonly nodes: readonly NodeState[];
}

export interface NodeState {
  /** True while its process runs. */
  readonly running: boolean;
  /** True if it was ready when last probed: it gets requests. */
  readonly ready: boolean;
  /** True while nothing passes between it and Redis. */
  readonly cut: boolean;
}

export type LaneEntry = { readonly at: number; readonly lane: LaneNumber } & (WireEntry | ClientEntry);

/** What the lane's proxy recorded. */
export type WireEntry =
  | { readonly kind: "opened"; readonly connection: ConnectionNumber }
  /** The request that the connection has just carried went to this node. */
  | { readonly kind: "routed"; readonly connection: ConnectionNumber; readonly node: NodeNumber }
  | {
      readonly kind: "bytes";
      readonly connection: ConnectionNumber;
      readonly direction: Direction;
      readonly base64: string;
      /** How long the weather held the bytes. They arrived at `at - heldMs`. */
      readonly heldMs: number;
    }
  /** Bytes passed on since the last `bytes` that did not fit into the recording: only their number is known. */
  | {
      readonly kind: "unrecorded";
      readonly connection: ConnectionNumber;
      readonly direction: Direction;
      readonly byteLength: number;
    }
  | {
      readonly kind: "swallowed";
      readonly connection: ConnectionNumber;
      readonly direction: Direction;
      readonly byteLength: number;
    }
  | { readonly kind: "fault"; readonly connection: ConnectionNumber | null; readonly what: Fault }
  | { readonly kind: "closed"; readonly connection: ConnectionNumber; readonly by: "client" | "server" | "weather" };

/** What the lane's client did and received. `message` identifies a message of the page across all lanes. */
export type ClientEntry =
  | { readonly kind: "send"; readonly message: string; readonly textBytes: number }
  | { readonly kind: "acknowledged"; readonly message: string; readonly seq: number }
  | { readonly kind: "not-sent"; readonly message: string; readonly reason: string }
  | {
      readonly kind: "received";
      readonly message: string;
      readonly seq: number;
      /** True if it was replayed from a cursor instead of arriving live. */
      readonly replayed: boolean;
    }
  | { readonly kind: "gap"; readonly missed: number | null }
  | {
      readonly kind: "state";
      readonly state: "connecting" | "live" | "reconnecting" | "closed";
      readonly detail?: string;
    };
