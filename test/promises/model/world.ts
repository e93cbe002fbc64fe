import { randomBytes } from "node:crypto";
import type { CommandId, SessionToken } from "../../../src/protocol/ids.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
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
  /** What was said since the server was last started: what it can tell a repetition of. */
  said: Said[];
  restarts: number;
}

/** What is: one server, and members that each have a client behind a fault-making proxy. */
export class World implements AsyncDisposable {
  readonly listeners: readonly Listener[];
  readonly api: Api;
  readonly #secret: string;
  #server: RunningServer;

  private constructor(server: RunningServer, secret: string, listeners: readonly Listener[]) {
    this.#server = server;
    this.#secret = secret;
    this.listeners = listeners;
    this.api = new Api(server.url);
  }

  static async open(transports: readonly string[]): Promise<World> {
    const secret = randomBytes(16).toString("hex");
    const server = await start(secret, 0);
    const room = freshRoom();
    const listeners = await Promise.all(
      transports.map((transport, n) => Listener.open(server.url, { room, name: `member ${n}`, transport })),
    );
    return new World(server, secret, listeners);
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

  /** Ends the server at once and starts another at the same address, with the same secret and an empty log. */
  async restart(): Promise<void> {
    const port = Number(this.#server.url.port);
    await this.#server.close();
    this.#server = await start(this.#secret, port);
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
    await this.#server.close();
  }
}

function start(secret: string, port: number): Promise<RunningServer> {
  return startServer({ secret, port, rateLimit: false, settings: { lingerMs: 600_000, batchEvents: 3 } });
}
