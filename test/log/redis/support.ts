import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Core } from "../../../src/chat/core.ts";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { parseRedisAddress } from "../../../src/log/redis/address.ts";
import { type LinkListener, RedisLink } from "../../../src/log/redis/link.ts";
import type { Script } from "../../../src/log/redis/scripts.ts";
import type { Durability } from "../../../src/log/sqlite/database.ts";
import { createCore } from "../../../src/server/core.ts";
import type { Pem } from "../../support/certificate.ts";
import { until } from "../../support/wait.ts";

interface Setting {
  readonly scripts?: readonly Script[];
  readonly durability?: Durability;
  readonly clock?: Clock;
  readonly prefix?: string;
}

/** Runs 20 times as fast as the system's clock: for waits that nothing else has to keep up with. */
export const fastClock: Clock = {
  wallNow: systemClock.wallNow,
  monotonicNow: () => 20 * systemClock.monotonicNow(),
  after: (ms, task) => systemClock.after(ms / 20, task),
};

/** A link, and what it has reported. */
export class TestLink implements LinkListener, AsyncDisposable {
  readonly link: RedisLink;
  readonly core: Core;
  readonly downs: Error[] = [];
  readonly reported: unknown[] = [];
  readonly notes: string[] = [];
  ups = 0;
  /** Called in `up`. */
  onUp = (): void => undefined;

  constructor(address: string, setting: Setting = {}) {
    const { scripts = [], durability = "process", clock = systemClock, prefix } = setting;
    this.core = createCore((error) => this.reported.push(error), { clock, note: (note) => this.notes.push(note) });
    this.link = new RedisLink(parseRedisAddress(address, prefix), this.core, this, scripts, durability);
  }

  static async connected(address: string, setting: Setting = {}): Promise<TestLink> {
    const test = new TestLink(address, setting);
    await test.link.connect();
    return test;
  }

  up(): void {
    this.ups += 1;
    this.onUp();
  }

  down(error: Error): void {
    this.downs.push(error);
  }

  async untilUp(count: number): Promise<void> {
    await until(`up number ${count}`, () => this.ups >= count);
  }

  async untilDown(count: number): Promise<void> {
    await until(`down number ${count}`, () => this.downs.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.close();
  }
}

/** A TCP proxy before a Redis that knows which connection has the subscriptions. With `pem` it takes TLS. */
export class RedisProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #port: number;
  /** Ms by which what is published arrives late, in its order. */
  publishedLateMs = 0;
  #freezes = false;
  #partitioned = false;
  #refuses = false;

  private constructor(port: number, pem: Pem | null) {
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#port = port;
    this.#server = pem === null ? createServer(accept) : createTlsServer(pem, accept);
  }

  static async open(port: number, pem: Pem | null = null): Promise<RedisProxy> {
    const proxy = new RedisProxy(port, pem);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on TCP
  }

  /** Connections open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Where later connections go. */
  set target(port: number) {
    this.#port = port;
  }

  /** Resets every connection at both ends; later ones are taken. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** While true, connections are reset as they come. */
  set refuses(refuses: boolean) {
    this.#refuses = refuses;
    if (refuses) this.cut();
  }

  /** While true, nothing passes in either direction. It passes later, as after a network partition. */
  set partitioned(partitioned: boolean) {
    this.#partitioned = partitioned;
    for (const pair of this.#pairs) setPaused(pair, partitioned);
  }

  /** From now on nothing arrives at the client of the subscriptions there are. */
  swallowSubscriptions(): void {
    for (const pair of this.#pairs) if (pair.subscribed) pair.swallows = true;
  }

  /** From now on no reply arrives at the clients there are that have no subscriptions. */
  swallowReplies(): void {
    for (const pair of this.#pairs) if (!pair.subscribed) pair.swallows = true;
  }

  /** While true, nothing arrives at any client. */
  set freezes(freezes: boolean) {
    this.#freezes = freezes;
    for (const pair of this.#pairs) pair.swallows = freezes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await closed;
  }

  #accept(client: Socket): void {
    if (this.#refuses) {
      client.on("error", () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.#port, "127.0.0.1");
    const pair: Pair = { client, server, subscribed: false, swallows: this.#freezes };
    this.#pairs.add(pair);
    client.on("data", (bytes) => {
      if (/ssubscribe/i.test(bytes.toString("latin1"))) pair.subscribed = true;
      server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (pair.swallows) return;
      if (pair.subscribed && this.publishedLateMs > 0) setTimeout(() => client.write(bytes), this.publishedLateMs);
      else client.write(bytes);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
    setPaused(pair, this.#partitioned);
  }
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  subscribed: boolean;
  swallows: boolean;
}

function setPaused({ client, server }: Pair, paused: boolean): void {
  for (const socket of [client, server]) {
    if (paused) socket.pause();
    else socket.resume();
  }
}
