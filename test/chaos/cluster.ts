import { setTimeout as pause } from "node:timers/promises";
import { NodeProxy } from "../../scripts/cluster/node-proxy.ts";
import { RedisProxy } from "../log/redis/support.ts";
import { RedisServer } from "../support/redis.ts";
import type { NodesAction } from "./actions.ts";
import { type Order, ServerProcess } from "./server-process.ts";

/** A memory limit, in bytes, that Redis always exceeds, so that it refuses messages. */
const FULL = "1";
/** Faults that wait for one that is not over. On a busy machine more would outlast the run. */
const MOST_WAITING = 2;

/**
 * Several servers on one Redis, behind a proxy that sends each request to the next one. Between each server and Redis is
 * a proxy of its own. Faults come one after the other, since a server does not start while its Redis is away.
 */
export class Cluster implements AsyncDisposable {
  readonly #redis: RedisServer;
  readonly #links: readonly RedisProxy[];
  readonly #nodes: readonly ServerProcess[];
  readonly #entry: NodeProxy;
  readonly #faults: string[] = [];
  #changing: Promise<void> = Promise.resolve();
  #next = 0;
  /** Faults that have begun or wait. */
  #pending = 0;

  private constructor(
    redis: RedisServer,
    links: readonly RedisProxy[],
    nodes: readonly ServerProcess[],
    entry: NodeProxy,
  ) {
    this.#redis = redis;
    this.#links = links;
    this.#nodes = nodes;
    this.#entry = entry;
  }

  /** With an even seed Redis writes each message to the disk before its reply, with an odd one once a second. */
  static async start(count: number, seed: number): Promise<Cluster> {
    const redis = await RedisServer.start({
      config: { appendonly: "yes", appendfsync: seed % 2 === 0 ? "always" : "everysec" },
    });
    const links = await Promise.all(Array.from({ length: count }, () => RedisProxy.open(redis.port)));
    const nodes: ServerProcess[] = [];
    for (const { address } of links) nodes.push(await ServerProcess.start(`redis://${address}`));
    return new Cluster(redis, links, nodes, await NodeProxy.start(nodes.map(({ url }) => url)));
  }

  get url(): URL {
    return this.#entry.url;
  }

  get rssBytes(): number {
    return Math.max(...this.#nodes.map(({ rssBytes }) => rssBytes));
  }

  get crashes(): readonly string[] {
    return [...this.#nodes.flatMap(({ crashes }) => crashes), ...this.#faults];
  }

  /** True while a further fault would wait for too long. */
  get isBusy(): boolean {
    return this.#pending > MOST_WAITING;
  }

  kill(): Promise<void> {
    return this.#inTurn(() => this.#nextNode().kill());
  }

  drain(): Promise<void> {
    return this.#inTurn(() => this.#nextNode().drain());
  }

  /** Asks all servers for their counts. Sends any other order, which is a fault, to the next server. */
  order(order: Order): void {
    if (order.kind === "count") for (const node of this.#nodes) node.order(order);
    else this.#nextNode().order(order);
  }

  perform(action: NodesAction): Promise<void> {
    return this.#inTurn(() => this.#perform(action));
  }

  /** Resolves when all faults are over and all servers run. */
  async running(): Promise<void> {
    await this.#changing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changing;
    await this.#entry[Symbol.asyncDispose]();
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
    for (const link of this.#links) await link[Symbol.asyncDispose]();
    await this.#redis[Symbol.asyncDispose]();
  }

  async #perform({ fault, forMs }: NodesAction): Promise<void> {
    const redis = this.#redis;
    switch (fault) {
      case "freeze": {
        const node = this.#nextNode();
        node.freeze();
        await pause(forMs);
        node.thaw();
        return;
      }
      case "redis killed":
        await redis.kill();
        await pause(forMs / 4);
        await redis.restart();
        return;
      case "redis frozen":
        await redis.kill("SIGSTOP");
        await pause(forMs);
        await redis.kill("SIGCONT");
        return;
      case "partition":
        return this.#partition([this.#links[this.#next % this.#links.length]], forMs);
      case "partition of all":
        return this.#partition(this.#links, forMs);
      case "subscribers killed":
        await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
        return;
      case "scripts flushed":
        await redis.command("SCRIPT", "FLUSH");
        return;
      case "memory full":
        await redis.config("maxmemory", FULL);
        await pause(forMs);
        await redis.config("maxmemory", "0");
    }
  }

  async #partition(links: readonly (RedisProxy | undefined)[], forMs: number): Promise<void> {
    for (const link of links) if (link !== undefined) link.partitioned = true;
    await pause(forMs);
    for (const link of links) if (link !== undefined) link.partitioned = false;
  }

  #nextNode(): ServerProcess {
    const node = this.#nodes[this.#next % this.#nodes.length];
    this.#next += 1;
    if (node === undefined) throw new RangeError("A cluster has at least one server.");
    return node;
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    this.#pending += 1;
    const done = this.#changing.then(task);
    this.#changing = done
      .catch((error: unknown) => {
        this.#faults.push(`A fault could not be injected: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => {
        this.#pending -= 1;
      });
    return this.#changing;
  }
}
