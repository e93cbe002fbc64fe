import type { Socket } from "node:net";
import type { Cut, Direction } from "../weather.ts";
import type { ConnectionNumber, Fault } from "./contract.ts";
import { BodyHolder, UpgradeStripper } from "./filters.ts";
import type { HttpExchanges } from "./http-spans.ts";
import { Pipe, type PipeEvents } from "./pipe.ts";
import { type ProxyState, Timer } from "./proxy-state.ts";
import { derived, untilNext } from "./random.ts";

/** Receives what a connection does. */
export interface ConnectionEvents {
  passed(connection: ConnectionNumber, direction: Direction, bytes: Uint8Array, at: number, heldMs: number): void;
  swallowed(connection: ConnectionNumber, direction: Direction, byteLength: number, at: number): void;
  fault(connection: ConnectionNumber, what: Fault): void;
  /** Both sockets are closed. */
  closed(connection: Connection, by: "client" | "server" | "weather"): void;
}

/** Where a connection's randomness comes from: the proxy's seed, and the connection's index since that seed was set. */
export interface SeedSlot {
  readonly seed: number;
  readonly index: number;
}

/** If the other end does not answer the FIN within this time, the connection is destroyed. */
const FIN_GRACE_MS = 2_000;

/** A connection through the proxy: the client's socket, the server's socket, and a pipe in each direction. */
export class Connection {
  readonly number: ConnectionNumber;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #proxy: ProxyState;
  readonly #events: ConnectionEvents;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #cutTimer = new Timer();
  readonly #idleTimer = new Timer();
  readonly #graceTimer = new Timer();
  #cutRandom: () => number;
  /** When a byte last passed in either direction. */
  #activeAt: number;
  #closedSockets = 0;
  #closedBy: "client" | "server" | "weather" | null = null;
  #state: "open" | "silent" | "ending" = "open";

  /** `client` is still paused; `server` is still connecting. */
  constructor(
    number: ConnectionNumber,
    client: Socket,
    server: Socket,
    proxy: ProxyState,
    slot: SeedSlot,
    events: ConnectionEvents,
  ) {
    this.number = number;
    this.#client = client;
    this.#server = server;
    this.#proxy = proxy;
    this.#events = events;
    this.#activeAt = proxy.now();
    this.#cutRandom = randomFor(slot, "cut");
    const exchanges: HttpExchanges = { pendingAreHead: [], tunnel: false };
    const now = () => proxy.now();
    const stripper = new UpgradeStripper(
      { now, strips: () => proxy.weather.stripsUpgrade, onStripped: () => events.fault(number, "stripped-upgrade") },
      exchanges,
    );
    // A quarter of the proxy's budget, so that one held body can't pause all connections.
    const holder = new BodyHolder(
      { now, holds: () => proxy.weather.buffers, onHeld: () => events.fault(number, "held-body") },
      exchanges,
      proxy.maxHeldBytes / 4,
    );
    const pipeEvents: PipeEvents = {
      passed: (direction, bytes, at, heldMs) => {
        this.#activeAt = at;
        events.passed(number, direction, bytes, at, heldMs);
      },
      swallowed: (direction, byteLength) => events.swallowed(number, direction, byteLength, proxy.now()),
      finished: (direction) => {
        this.#closedBy ??= direction === "up" ? "client" : "server";
      },
    };
    const upEnds = { source: client, sink: server };
    const downEnds = { source: server, sink: client };
    this.#up = new Pipe("up", upEnds, proxy, stripper, randomFor(slot, "up"), pipeEvents);
    this.#down = new Pipe("down", downEnds, proxy, holder, randomFor(slot, "down"), pipeEvents);
    this.#listen(client, server, this.#up, "client");
    this.#listen(server, client, this.#down, "server");
    client.resume();
    this.applyWeather();
  }

  /** The port from which it reaches the server; undefined until it does. */
  get serverPort(): number | undefined {
    return this.#server.localPort;
  }

  /** Restarts the connection's randomness. */
  reseed(slot: SeedSlot): void {
    this.#cutRandom = randomFor(slot, "cut");
    this.#up.random = randomFor(slot, "up");
    this.#down.random = randomFor(slot, "down");
  }

  /** Applies the proxy's present weather. Called when it changes. */
  applyWeather(): void {
    this.#cutTimer.clear();
    this.#idleTimer.clear();
    if (this.#state !== "open") return;
    const { cut, buffers } = this.#proxy.weather;
    if (cut !== null) this.#cutTimer.set(untilNext(cut.everyMs, this.#cutRandom), () => this.cut(cut.how));
    this.#checkIdle();
    if (!buffers) this.#down.flush();
    this.pump();
  }

  /** Passes on what is due. Called when a stall begins or ends. */
  pump(): void {
    if (this.#state !== "open") return;
    this.#up.pump();
    this.#down.pump();
  }

  /** Ends the connection at once. Bytes in flight are lost. */
  cut(how: Cut): void {
    if (this.#state !== "open") return;
    this.#events.fault(this.number, how);
    this.#end(how);
  }

  /** Ends the connection, its pipes and timers. The sockets close in a later turn. */
  destroy(): void {
    this.#stop();
    this.#closedBy ??= "weather";
    this.#client.destroy();
    this.#server.destroy();
  }

  #end(how: Cut): void {
    this.#closedBy ??= "weather";
    switch (how) {
      case "silence":
        this.#state = "silent";
        this.#clearTimers();
        this.#up.swallow();
        this.#down.swallow();
        return;
      case "rst":
        this.#stop();
        reset(this.#client);
        reset(this.#server);
        return;
      case "fin":
        this.#stop();
        for (const socket of [this.#client, this.#server]) {
          // Keep reading: the kernel resets a socket that is closed with unread bytes.
          socket.resume();
          socket.end();
        }
        this.#graceTimer.set(FIN_GRACE_MS, () => this.destroy());
    }
  }

  #stop(): void {
    this.#state = "ending";
    this.#clearTimers();
    this.#up.stop();
    this.#down.stop();
  }

  #clearTimers(): void {
    this.#cutTimer.clear();
    this.#idleTimer.clear();
    this.#graceTimer.clear();
  }

  #listen(socket: Socket, other: Socket, pipe: Pipe, whose: "client" | "server"): void {
    socket.setNoDelay(true);
    // `close` follows each error and reports it.
    socket.on("error", () => undefined);
    socket.on("end", () => {
      if (this.#state === "open") pipe.end();
      // In silence, the FIN must not reach the other side. This side is done with its socket.
      else socket.destroy();
    });
    socket.on("close", (failed: boolean) => {
      if (this.#state === "open") {
        this.#closedBy ??= whose;
        if (failed) {
          this.#stop();
          reset(other);
        }
      }
      // Counted, because `destroyed` can be true for both sockets at the first `close`.
      this.#closedSockets += 1;
      if (this.#closedSockets < 2) return;
      this.#stop();
      this.#events.closed(this, this.#closedBy ?? whose);
    });
  }

  #checkIdle(): void {
    const limitMs = this.#proxy.weather.idleCutMs;
    if (limitMs === null || this.#state !== "open") return;
    const leftMs = this.#activeAt + limitMs - this.#proxy.now();
    if (leftMs > 0) {
      this.#idleTimer.set(leftMs, () => this.#checkIdle());
      return;
    }
    this.#events.fault(this.number, "idle-cut");
    this.#end("fin");
  }
}

function randomFor({ seed, index }: SeedSlot, kind: "up" | "down" | "cut"): () => number {
  return derived(seed, kind, index);
}

/**
 * Ends a socket with RST if possible. After its FIN is queued, libuv can't reset a socket, and a failed `resetAndDestroy`
 * leaks the descriptor: such a socket is destroyed instead.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
