import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { CALM, type Cut, type Weather } from "../weather.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { Fault, FaultProxy, ProxyOptions, Tap } from "./contract.ts";
import { Sky } from "./proxy-state.ts";
import { derived, untilNext } from "./random.ts";
import { reset } from "./reset.ts";
import { Timer } from "./timer.ts";

const DEFAULT_CONNECTIONS = 1_000;
const DEFAULT_HELD_BYTES = 16 * 1_048_576;

/** Opens a proxy. Rejects with Node's error (EADDRINUSE, EACCES …) where the address can't be listened on. */
export async function startProxy(options: ProxyOptions): Promise<FaultProxy> {
  // Half-open is a state it carries: a FIN of one side is passed on, and the other side may go on.
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
  readonly #sky: Sky;
  readonly #open = new Set<Connection>();
  readonly #stallTimer = new Timer();
  #seed: number;
  #stallChance: () => number;
  #arrived = 0;
  /** The number of the first connection since the seed was set. */
  #seededFrom = 0;
  #refusedUntil = Number.NEGATIVE_INFINITY;

  constructor(server: Server, options: ProxyOptions) {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy listens on no port.");
    const host = options.host ?? "127.0.0.1";
    this.port = address.port;
    this.url = new URL(`http://${host.includes(":") ? `[${host}]` : host}:${address.port}/`);
    this.#server = server;
    this.#options = options;
    this.#tap = options.tap;
    this.#seed = options.seed;
    this.#stallChance = derived(options.seed, "stall", 0);
    this.#sky = new Sky(
      options.weather ?? CALM,
      options.now ?? (() => performance.now()),
      options.maxHeldBytes ?? DEFAULT_HELD_BYTES,
    );
    server.on("connection", (near) => this.#carry(near));
    this.#awaitStall();
  }

  get weather(): Weather {
    return this.#sky.weather;
  }

  set weather(weather: Weather) {
    this.#sky.weather = weather;
    for (const connection of [...this.#open]) connection.weatherChanged();
    this.#awaitStall();
  }

  get connections(): number {
    return this.#open.size;
  }

  get heldBytes(): number {
    return this.#sky.held;
  }

  reseed(seed: number): void {
    this.#seed = seed;
    // Those that are open come first, in their order, as if they had just come.
    const open = [...this.#open];
    this.#seededFrom = this.#arrived - open.length;
    this.#stallChance = derived(seed, "stall", 0);
    for (const [place, connection] of open.entries()) connection.reseed({ seed, place });
    for (const connection of open) connection.weatherChanged();
    this.#awaitStall();
  }

  cut(how: Cut): void {
    for (const connection of [...this.#open]) connection.cut(how);
  }

  restart(forMs: number): void {
    this.#refusedUntil = Math.max(this.#refusedUntil, this.#sky.now() + forMs);
    this.cut("rst");
  }

  stall(forMs: number): void {
    this.#sky.stalledUntil = Math.max(this.#sky.stalledUntil, this.#sky.now() + forMs);
    this.#tap?.fault(null, "stall", this.#sky.now());
    // Each way sees that nothing moves, and sets its own timer to the stall's end.
    for (const connection of this.#open) connection.pump();
  }

  async close(): Promise<void> {
    this.#stallTimer.clear();
    const closed = this.#server.listening ? once(this.#server, "close") : Promise.resolve();
    this.#server.close();
    for (const connection of [...this.#open]) connection.destroy();
    await closed;
  }

  #awaitStall(): void {
    this.#stallTimer.clear();
    const { stall } = this.#sky.weather;
    if (stall === null) return;
    this.#stallTimer.set(untilNext(stall.everyMs, this.#stallChance), () => {
      this.stall(stall.forMs);
      this.#awaitStall();
    });
  }

  #carry(near: Socket): void {
    const number = this.#arrived;
    this.#arrived += 1;
    const now = this.#sky.now();
    this.#tap?.opened(number, now);
    const { maxConnections = DEFAULT_CONNECTIONS, target } = this.#options;
    if (this.#sky.weather.refuses || now < this.#refusedUntil || this.#open.size >= maxConnections) {
      near.on("error", () => undefined);
      reset(near);
      this.#tap?.fault(number, "refused", now);
      this.#tap?.closed(number, "weather", now);
      return;
    }
    const far = connect({ ...target, allowHalfOpen: true });
    const fate = { seed: this.#seed, place: number - this.#seededFrom };
    this.#open.add(new Connection(number, near, far, this.#sky, fate, this.#owner));
  }

  readonly #owner: ConnectionOwner = {
    passed: (connection, direction, bytes, at, heldMs) => this.#tap?.passed(connection, direction, bytes, at, heldMs),
    swallowed: (connection, direction, bytes, at) => this.#tap?.swallowed(connection, direction, bytes, at),
    fault: (connection: number, what: Fault) => this.#tap?.fault(connection, what, this.#sky.now()),
    gone: (connection, by) => {
      this.#open.delete(connection);
      this.#tap?.closed(connection.number, by, this.#sky.now());
    },
  };
}
