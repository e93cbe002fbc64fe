import { randomBytes } from "node:crypto";
import { NodeProxy } from "../../../scripts/cluster/node-proxy.ts";
import type { CommandId, SessionToken } from "../../../src/protocol/ids.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../../src/server/server.ts";
import { Api } from "../../support/api.ts";
import { freshRoom } from "../../support/ids.ts";
import { Listener } from "../../support/listener.ts";
import { until } from "../../support/wait.ts";

/** A message as its sender knows it. */
export interface Said {
  readonly by: number;
  readonly id: CommandId;
  readonly text: string;
  readonly seq: number;
}

/** What ought to be: all that was said, in order. Nothing else is needed to say what every reader must have. */
export interface Model {
  readonly log: string[];
  /** What was said since the log was last lost: what can be recognised as a repetition. */
  said: Said[];
  /** How often the log was lost. */
  losses: number;
}

/** The servers of a world. */
export interface Deployment extends AsyncDisposable {
  readonly url: URL;
  /** Whether the log is lost with a restart. */
  readonly forgets: boolean;
  /** Ends a server at once and starts another at the same address. */
  restart(): Promise<void>;
}

/** What is: a deployment, and members that each have a client behind a fault-making proxy. */
export class World implements AsyncDisposable {
  readonly listeners: readonly Listener[];
  readonly api: Api;
  readonly deployment: Deployment;

  private constructor(deployment: Deployment, listeners: readonly Listener[]) {
    this.deployment = deployment;
    this.listeners = listeners;
    this.api = new Api(deployment.url);
  }

  static async open(deployment: Deployment, transports: readonly string[]): Promise<World> {
    const room = freshRoom();
    const listeners = await Promise.all(
      transports.map((transport, n) => Listener.open(deployment.url, { room, name: `member ${n}`, transport })),
    );
    return new World(deployment, listeners);
  }

  listener(n: number): Listener {
    const listener = this.listeners[n];
    if (listener === undefined) throw new RangeError(`there is no member ${n}`);
    return listener;
  }

  session(n: number): SessionToken {
    const { resumption } = this.listener(n).client;
    if (resumption === null) throw new Error(`member ${n} has no session`);
    return resumption.session;
  }

  /** Waits until every reader has as many messages as there are; what they are is for the test to say. */
  async settle(model: Model): Promise<void> {
    for (const [n, listener] of this.listeners.entries()) {
      await until(
        `member ${n} to have ${model.log.length} messages`,
        () => listener.texts.length >= model.log.length,
      ).catch((error: unknown) => {
        const state = JSON.stringify(listener.client.state);
        throw new Error(`member ${n} has ${JSON.stringify(listener.texts)} and is ${state}`, { cause: error });
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.listeners) await listener[Symbol.asyncDispose]();
    await this.deployment[Symbol.asyncDispose]();
  }
}

/** One server, whose log is in memory. */
export async function oneServer(): Promise<Deployment> {
  const secret = randomBytes(16).toString("hex");
  let server = await start({ secret });
  const { url } = server;
  return {
    url,
    forgets: true,
    async restart() {
      await server.close();
      server = await start({ secret, port: Number(url.port) });
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Servers on one Redis, behind a proxy that sends each request to the next. They are restarted in turn. */
export async function nodesOn(redis: string, count: number): Promise<Deployment> {
  const options = { store: { kind: "redis", url: redis, prefix: "model", durability: "process" } } as const;
  const nodes: RunningServer[] = [];
  while (nodes.length < count) nodes.push(await start(options));
  const proxy = await NodeProxy.start(nodes.map(({ url }) => url));
  let next = 0;
  return {
    url: proxy.url,
    forgets: false,
    async restart() {
      const node = nodes[next];
      if (node === undefined) throw new RangeError(`there is no node ${next}`);
      await node.close();
      nodes[next] = await start({ ...options, port: Number(node.url.port) });
      next = (next + 1) % count;
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      for (const node of nodes) await node.close();
    },
  };
}

function start(options: Partial<ServerOptions>): Promise<RunningServer> {
  return startServer({ rateLimit: false, settings: { lingerMs: 600_000, batchEvents: 3 }, ...options });
}
