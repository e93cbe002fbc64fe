import type { ConnectionNumber, Fault } from "./proxy/contract.ts";
import type { Direction, Weather } from "./weather.ts";

/**
 * A run of the laboratory: all that race, wire, meters and ledger draw. Live it grows at its end, replayed it is read from a
 * file; the pictures are functions of (run, playhead) and can't tell which. Times are ms since the run began, on one clock.
 */
export interface Run {
  readonly format: "skyrocket-run";
  readonly version: 1;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly seed: number;
  readonly lanes: readonly RunLane[];
  readonly entries: readonly Entry[];
}

/** One lane: a client of the room, on one transport, through its own proxy. */
export interface RunLane {
  readonly lane: LaneNumber;
  /** Its transport's name, as in the registry. */
  readonly transport: string;
  /** Without cursor, heartbeat and retry: to show what these are for. */
  readonly naive: boolean;
}

export type LaneNumber = number;

export type Entry = LaneEntry | WeatherEntry | ServerEntry;

/** What the sky does, from then on, over all lanes. */
export interface WeatherEntry {
  readonly kind: "weather";
  readonly at: number;
  readonly weather: Weather;
  /** The preset's name, if it was one. */
  readonly preset?: string;
}

/** The whole server, once a second: not one lane's doing. */
export interface ServerEntry {
  readonly kind: "server";
  readonly at: number;
  /** User and system time, ms per second. */
  readonly cpuMsPerSecond: number;
  readonly rssBytes: number;
  /** The longest the event loop was late in that second. */
  readonly loopDelayMs: number;
}

export type LaneEntry = { readonly at: number; readonly lane: LaneNumber } & (WireEntry | ClientEntry);

/** What the lane's proxy saw. */
export type WireEntry =
  | { readonly kind: "opened"; readonly connection: ConnectionNumber }
  | {
      readonly kind: "bytes";
      readonly connection: ConnectionNumber;
      readonly direction: Direction;
      readonly base64: string;
      /** How long the weather held them; they came at `at - heldMs`. */
      readonly heldMs: number;
    }
  /** Bytes that were passed on while more had happened than could be told: how many, but not which. Since the last `bytes`. */
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

/** What the lane's client did and saw. `message` is what the page counts its messages by, over all lanes. */
export type ClientEntry =
  | { readonly kind: "send"; readonly message: string; readonly textBytes: number }
  | { readonly kind: "acknowledged"; readonly message: string; readonly seq: number }
  | { readonly kind: "not-sent"; readonly message: string; readonly reason: string }
  | {
      readonly kind: "received";
      readonly message: string;
      readonly seq: number;
      /** It came by reading on from a cursor, not live. */
      readonly replayed: boolean;
    }
  | { readonly kind: "gap"; readonly missed: number | null }
  | {
      readonly kind: "state";
      readonly state: "connecting" | "live" | "reconnecting" | "closed";
      readonly detail?: string;
    };
