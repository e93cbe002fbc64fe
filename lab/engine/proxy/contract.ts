import type { Cut, Direction, Weather } from "../weather.ts";

/** A connection through the proxy, counted from 0 in the order of their arrival. */
export type ConnectionNumber = number;

/** What the proxy tells of what it carries. Times are ms on the clock it was given. */
export interface Tap {
  opened(connection: ConnectionNumber, at: number): void;
  /** Bytes as they came from their sender, told when they have been passed on: `at`, after having been held `heldMs`. */
  passed(connection: ConnectionNumber, direction: Direction, bytes: Uint8Array, at: number, heldMs: number): void;
  /** Bytes that came and were never passed on, since the connection ended first or fell silent. */
  swallowed(connection: ConnectionNumber, direction: Direction, byteLength: number, at: number): void;
  /** What the weather did to a connection, or to all of them (null). */
  fault(connection: ConnectionNumber | null, what: Fault, at: number): void;
  closed(connection: ConnectionNumber, by: "client" | "server" | "weather", at: number): void;
}

export type Fault = Cut | "idle-cut" | "stall" | "held-body" | "stripped-upgrade" | "refused";

export interface ProxyOptions {
  /** Where it connects to. */
  readonly target: { readonly host: string; readonly port: number };
  /** Where it listens. Default: 127.0.0.1, a free port. */
  readonly host?: string;
  readonly port?: number;
  readonly weather?: Weather;
  /** The same seed and the same traffic meet the same faults. */
  readonly seed: number;
  readonly tap?: Tap;
  /** ms, monotonic. Default: performance.now. */
  readonly now?: () => number;
  /** Connections open at once; further ones are refused. Default 1,000. */
  readonly maxConnections?: number;
  /** Bytes held in both directions of all connections together; beyond, senders are paused. Default 16 MiB. */
  readonly maxHeldBytes?: number;
}

/** A TCP proxy that records and bends what it carries. */
export interface FaultProxy {
  readonly port: number;
  readonly url: URL;
  weather: Weather;
  /** Chance begins anew, as in a proxy opened with this seed. */
  reseed(seed: number): void;
  /** Connections open now. */
  readonly connections: number;
  /** Bytes on their way in all connections together. */
  readonly heldBytes: number;
  /** Ends every open connection this way, at once. */
  cut(how: Cut): void;
  /** Cuts all with RST and refuses new ones for so long. */
  restart(forMs: number): void;
  /** Nothing moves for so long. */
  stall(forMs: number): void;
  /** Ends all connections, timers and the listening. */
  close(): Promise<void>;
}
