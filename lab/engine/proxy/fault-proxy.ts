import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { CALM, type Cut, type Weather } from "../weather.ts";
import { Connection, type ConnectionEvents, reset } from "./connection.ts";
import type { ConnectionNumber, FaultProxy, ProxyOptions, Tap } from "./contract.ts";
import { ProxyState, Timer } from "./proxy-state.ts";
import { derived, untilNext } from "./random.ts";

const DEFAULT_MAX_CONNECTIONS = 1_000;
const DEFAULT_MAX_HELD_BYTES = 16 * 1_048_576;

/** Opens a proxy. Rejects with Node's error (EADDRINUSE, EACCES …) if it can't listen on the address. */
export async function startProxy(options: ProxyOptions): Promise<FaultProxy> {
  // Half-open connections are carried: one side's FIN is passed on while the other side continues to send.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
  await once(server, "listening");
  return new RunningProxy(server, options);
}

class RunningProxy implements FaultProxy {
  readonly port: number;
  readonly url: URL;
  readonly #server: Server;
  readonly #options: ProxyOptions;
  readonly #tap: Tap | undefined;
  readonly #state: ProxyState;
  readonly #connections = new Set<Connection>();
  readonly #stallTimer = new Timer();
  #seed: number;
  #stallRandom: () => number;
  #accepted = 0;
  /** Number of the first connection since the seed was set. */
  #seededFrom = 0;
  #refusesUntil = Number.NEGATIVE_INFINITY;

  constructor(server: Server, options: ProxyOptions) {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy does not listen on a port.");
    const host = options.host ?? "127.0.0.1";
    this.port = address.port;
    this.url = new URL(`http://${host.includes(":") ? `[${host}]` : host}:${address.port}/`);
    this.#server = server;
    this.#options = options;
    this.#tap = options.tap;
    this.#seed = options.seed;
    this.#stallRandom = derived(options.seed, "stall", 0);
    this.#state = new ProxyState(
      options.weather ?? CALM,
      options.now ?? (() => performance.now()),
      options.maxHeldBytes ?? DEFAULT_MAX_HELD_BYTES,
    );
    server.on("connection", (client) => this.#accept(client));
    this.#scheduleStall();
  }

  get weather(): Weather {
    return this.#state.weather;
  }

  set weather(weather: Weather) {
    this.#state.weather = weather;
    for (const connection of [...this.#connections]) connection.applyWeather();
    this.#scheduleStall();
  }

  get connections(): number {
    return this.#connections.size;
  }

  get heldBytes(): number {
    return this.#state.heldBytes;
  }

  connectionFrom(port: number): ConnectionNumber | null {
    for (const { number, serverPort } of this.#connections) if (serverPort === port) return number;
    return null;
  }

  reseed(seed: number): void {
    this.#seed = seed;
    // Open connections get the first indices, as if they had just arrived in their order.
    const open = [...this.#connections];
    this.#seededFrom = this.#accepted - open.length;
    this.#stallRandom = derived(seed, "stall", 0);
    for (const [index, connection] of open.entries()) connection.reseed({ seed, index });
    for (const connection of open) connection.applyWeather();
    this.#scheduleStall();
  }

  cut(how: Cut): void {
    for (const connection of [...this.#connections]) connection.cut(how);
  }

  restart(forMs: number): void {
    this.#refusesUntil = Math.max(this.#refusesUntil, this.#state.now() + forMs);
    this.cut("rst");
  }

  stall(forMs: number): void {
    this.#state.stalledUntil = Math.max(this.#state.stalledUntil, this.#state.now() + forMs);
    this.#tap?.fault(null, "stall", this.#state.now());
    // Each pipe sets its own timer to the stall's end.
    for (const connection of this.#connections) connection.pump();
  }

  async close(): Promise<void> {
    this.#stallTimer.clear();
    const closed = this.#server.listening ? once(this.#server, "close") : Promise.resolve();
    this.#server.close();
    for (const connection of [...this.#connections]) connection.destroy();
    await closed;
  }

  #scheduleStall(): void {
    this.#stallTimer.clear();
    const { stall } = this.#state.weather;
    if (stall === null) return;
    this.#stallTimer.set(untilNext(stall.everyMs, this.#stallRandom), () => {
      this.stall(stall.forMs);
      this.#scheduleStall();
    });
  }

  #accept(client: Socket): void {
    const number = this.#accepted;
    this.#accepted += 1;
    const now = this.#state.now();
    this.#tap?.opened(number, now);
    const { maxConnections = DEFAULT_MAX_CONNECTIONS, target } = this.#options;
    if (this.#state.weather.refuses || now < this.#refusesUntil || this.#connections.size >= maxConnections) {
      client.on("error", () => undefined);
      reset(client);
      this.#tap?.fault(number, "refused", now);
      this.#tap?.closed(number, "weather", now);
      return;
    }
    const server = connect({ ...target, allowHalfOpen: true });
    const slot = { seed: this.#seed, index: number - this.#seededFrom };
    this.#connections.add(new Connection(number, client, server, this.#state, slot, this.#events));
  }

  readonly #events: ConnectionEvents = {
    passed: (connection, direction, bytes, at, heldMs) => this.#tap?.passed(connection, direction, bytes, at, heldMs),
    swallowed: (connection, direction, bytes, at) => this.#tap?.swallowed(connection, direction, bytes, at),
    fault: (connection, what) => this.#tap?.fault(connection, what, this.#state.now()),
    closed: (connection, by) => {
      this.#connections.delete(connection);
      this.#tap?.closed(connection.number, by, this.#state.now());
    },
  };
}
