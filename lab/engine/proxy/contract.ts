import type { Cut, Direction, Weather } from "../weather.ts";

/** A connection through the proxy, counted from 0 in the order of arrival. */
export type ConnectionNumber = number;

/** Receives what a proxy records. Times are ms on the proxy's clock. */
export interface Tap {
  opened(connection: ConnectionNumber, at: number): void;
  /** Bytes as their sender sent them, passed on at `at` after being held for `heldMs`. */
  passed(connection: ConnectionNumber, direction: Direction, bytes: Uint8Array, at: number, heldMs: number): void;
  /** Bytes that arrived and were never passed on: the connection ended first or fell silent. */
  swallowed(connection: ConnectionNumber, direction: Direction, byteLength: number, at: number): void;
  /** A fault of one connection; null for a fault of all connections. */
  fault(connection: ConnectionNumber | null, what: Fault, at: number): void;
  closed(connection: ConnectionNumber, by: "client" | "server" | "weather", at: number): void;
}

export type Fault = Cut | "idle-cut" | "stall" | "held-body" | "stripped-upgrade" | "refused";

export interface ProxyOptions {
  /** The server behind the proxy. */
  readonly target: { readonly host: string; readonly port: number };
  /** Where the proxy listens. Default: 127.0.0.1, a free port. */
  readonly host?: string;
  readonly port?: number;
  readonly weather?: Weather;
  /** The same seed and the same traffic produce the same faults. */
  readonly seed: number;
  readonly tap?: Tap;
  /** Monotonic time in ms. Default: performance.now. */
  readonly now?: () => number;
  /** Connections at once. Further ones are refused. Default: 1,000. */
  readonly maxConnections?: number;
  /** Bytes held by all connections together, in both directions. Above it, senders are paused. Default: 16 MiB. */
  readonly maxHeldBytes?: number;
}

/** A TCP proxy that records what it carries and injects faults. */
export interface FaultProxy {
  readonly port: number;
  readonly url: URL;
  weather: Weather;
  /** Restarts the randomness, as if the proxy had been opened with this seed. */
  reseed(seed: number): void;
  /** Connections open now. */
  readonly connections: number;
  /** Bytes held by all connections together. */
  readonly heldBytes: number;
  /** Returns the connection that reaches the server from this port, or null. */
  connectionFrom(port: number): ConnectionNumber | null;
  /** Ends every open connection at once. */
  cut(how: Cut): void;
  /** Resets all connections and refuses new ones for `forMs`. */
  restart(forMs: number): void;
  /** Passes nothing on for `forMs`. */
  stall(forMs: number): void;
  /** Ends all connections and timers, and stops listening. */
  close(): Promise<void>;
}
