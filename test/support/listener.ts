import assert from "node:assert/strict";
import {
  type ChatClient,
  type ConnectOptions,
  connect,
  type Delivery,
  type Gap,
  type Message,
} from "../../src/client/index.ts";
import type { ConnectionState } from "../../src/client/types.ts";
import type { DurableEvent } from "../../src/protocol/events.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { freshRoom } from "./ids.ts";
import { testPlatform } from "./platform.ts";
import { FaultProxy } from "./proxy.ts";
import { until, within } from "./wait.ts";

/** Reconnect backoff uses full jitter. This small share of its range keeps waits short and alike. */
const JITTER_SHARE = 0.02;

/**
 * Lets a member on each transport say messages in turn, and checks that each member gets all of them in order, without a
 * gap. `halfway` is called in the middle.
 */
export async function talkOnAllTransports(server: URL, halfway: () => unknown): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const room = freshRoom();
  const members: Listener[] = [];
  for (const { name } of clientTransports) {
    members.push(stack.use(await Listener.open(server, { room, name, transport: name })));
  }
  const sent = Array.from({ length: 40 }, (_, n) => `message ${n}`);
  for (const [n, text] of sent.entries()) {
    if (n === sent.length / 2) await halfway();
    await members[n % members.length]?.client.send(text);
  }
  for (const member of members) {
    await member.untilTexts(sent.length);
    assert.deepEqual(member.texts, sent);
    assert.deepEqual(member.gaps, []);
  }
}

/** A ChatClient behind a fault proxy, and everything that it has delivered. */
export class Listener implements AsyncDisposable {
  readonly client: ChatClient;
  readonly proxy: FaultProxy;
  readonly deliveries: Delivery[] = [];
  readonly states: ConnectionState[] = [];
  readonly #read: Promise<void>;
  /** The error of the client's iteration, which must never fail; null if there is none. */
  failure: unknown = null;

  private constructor(client: ChatClient, proxy: FaultProxy) {
    this.client = client;
    this.proxy = proxy;
    client.watch((state) => this.states.push(state));
    this.#read = this.#collect();
  }

  /** Connects a client through a new proxy. Resolves when it is live. */
  static async open(server: URL, options: Omit<ConnectOptions, "url">): Promise<Listener> {
    const proxy = await FaultProxy.open(server);
    const platform = testPlatform(() => JITTER_SHARE);
    const listener = new Listener(connect({ platform, ...options, url: proxy.url }), proxy);
    await within("the client's opening", listener.client.opened);
    await listener.untilLive();
    return listener;
  }

  get events(): Delivery["event"][] {
    return this.deliveries.map(({ event }) => event);
  }

  get durable(): DurableEvent[] {
    return this.events.filter((event): event is DurableEvent => "seq" in event);
  }

  get messages(): Message[] {
    return this.events.filter((event): event is Message => event.type === "message");
  }

  get texts(): string[] {
    return this.messages.map(({ text }) => text);
  }

  get gaps(): Gap[] {
    return this.events.filter((event): event is Gap => event.type === "gap");
  }

  /** The transport it is live on; null while it is not live. */
  get transport(): string | null {
    const { state } = this.client;
    return state.kind === "live" ? state.transport : null;
  }

  untilLive(): Promise<boolean> {
    return until("the client to be live", () => this.client.state.kind === "live");
  }

  untilTexts(count: number, patienceMs?: number): Promise<boolean> {
    return until(`${count} messages`, () => this.messages.length >= count, patienceMs).catch((error: unknown) => {
      const { state } = this.client;
      throw new Error(`${this.messages.length} of ${count} messages arrived; the client is ${JSON.stringify(state)}`, {
        cause: error,
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await within("the end of the client's iteration", this.#read);
    await this.proxy[Symbol.asyncDispose]();
    if (this.failure !== null) throw this.failure;
  }

  async #collect(): Promise<void> {
    try {
      for await (const delivery of this.client) this.deliveries.push(delivery);
    } catch (error) {
      this.failure = error;
    }
  }
}
