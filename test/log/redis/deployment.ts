import { expect } from "vitest";
import type { Settings } from "../../../src/chat/settings.ts";
import type { MemberId, RoomName, SessionToken } from "../../../src/protocol/ids.ts";
import { asRoom } from "../../support/cast.ts";
import { freshRoom } from "../../support/ids.ts";
import type { RecordingOutlet } from "../../support/recording-wire.ts";
import { type RedisConfig, RedisServer } from "../../support/redis.ts";
import { pace, until } from "../../support/wait.ts";
import { ChatNode } from "./node.ts";
import { RedisProxy } from "./support.ts";

/** Every acknowledged message is in the file. */
export const DURABLE: RedisConfig = { appendonly: "yes", appendfsync: "always" };

/** How long a sender rests before it repeats a refused message. */
const REPEAT_MS = 20;

/** Several nodes on one Redis, each behind a proxy of its own. */
export class Deployment implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly proxies: readonly RedisProxy[];
  readonly nodes: readonly ChatNode[];
  readonly room: RoomName = asRoom(freshRoom());
  readonly #more: ChatNode[] = [];

  private constructor(redis: RedisServer, proxies: readonly RedisProxy[], nodes: readonly ChatNode[]) {
    this.redis = redis;
    this.proxies = proxies;
    this.nodes = nodes;
  }

  static async start(config: RedisConfig = DURABLE, settings: Partial<Settings> = {}, count = 2): Promise<Deployment> {
    const redis = await RedisServer.start({ config });
    const proxies = await Promise.all(Array.from({ length: count }, () => RedisProxy.open(redis.port)));
    const nodes = await Promise.all(proxies.map(({ address }) => ChatNode.start(`redis://${address}`, settings)));
    return new Deployment(redis, proxies, nodes);
  }

  /** Returns a node and its proxy. */
  at(index: number): { readonly node: ChatNode; readonly proxy: RedisProxy } {
    const [node, proxy] = [this.nodes[index], this.proxies[index]];
    if (node === undefined || proxy === undefined) throw new RangeError(`There is no node ${index}.`);
    return { node, proxy };
  }

  /** Starts a node that is connected to Redis itself. */
  async add(): Promise<ChatNode> {
    const node = await ChatNode.start(this.redis.url);
    this.#more.push(node);
    return node;
  }

  /** Opens a session at a node and attaches a stream there. */
  async enter(node: ChatNode, name: string): Promise<Visitor> {
    const { session, cursor, member } = await node.hub.open({ room: this.room, name });
    return { session, cursor, id: member.id, outlet: await node.read(session, cursor) };
  }

  /** Resolves when all nodes can use Redis. */
  async allHear(): Promise<void> {
    await until("all nodes to hear Redis", () => this.nodes.every(({ store }) => store.link.hearing));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nodes end in time only if Redis answers or refuses.
    for (const proxy of this.proxies) proxy.refuses = true;
    for (const proxy of this.proxies) proxy.partitioned = false;
    for (const node of [...this.nodes, ...this.#more]) await node[Symbol.asyncDispose]();
    for (const proxy of this.proxies) await proxy[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}

/** A member with a stream. */
export interface Visitor {
  readonly session: SessionToken;
  readonly cursor: string;
  readonly id: MemberId;
  readonly outlet: RecordingOutlet;
}

/** Sends one message after another, and repeats each under its id until it is acknowledged, as a client does. */
export class Sender {
  /** Seqs of the acknowledged messages by id, which is also their text. */
  readonly acknowledged = new Map<string, number>();
  readonly #session: SessionToken;
  readonly #prefix: string;
  readonly #running: Promise<void>;
  #node: ChatNode;
  #moved = Promise.withResolvers<null>();
  #stopped = false;

  constructor(node: ChatNode, session: SessionToken, prefix: string) {
    this.#node = node;
    this.#session = session;
    this.#prefix = prefix;
    this.#running = this.#run();
  }

  /** Sends to another node from now on. What the first one has not answered is repeated there. */
  moveTo(node: ChatNode): void {
    this.#node = node;
    this.#moved.resolve(null);
    this.#moved = Promise.withResolvers();
  }

  /** Resolves when `count` more messages are acknowledged. */
  async acknowledges(count: number): Promise<void> {
    const wanted = this.acknowledged.size + count;
    await until(`${wanted} acknowledged messages`, () => this.acknowledged.size >= wanted);
  }

  /** Resolves when the message under way is acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let n = 0; !this.#stopped; n += 1) {
      const id = `${this.#prefix}${n}`;
      this.acknowledged.set(id, await this.#send(id));
    }
  }

  async #send(id: string): Promise<number> {
    for (;;) {
      const reply = await Promise.race([this.#node.say(this.#session, id), this.#moved.promise]);
      if (reply?.type === "ok" && reply.seq !== undefined) return reply.seq;
      await pace(REPEAT_MS);
    }
  }
}

/** Returns the name of one of the room's keys. */
export const key = ({ room }: Deployment, name: string): string => `test:{${room}}:${name}`;

/** Returns how many events each gap says are missing. */
export function gapsOf({ events }: RecordingOutlet): (number | null)[] {
  return events.flatMap((event) => (event.type === "gap" ? [event.missed] : []));
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Expects that an outlet got every event once and in order, those of the senders under their acknowledged seqs. */
export async function expectAll(outlet: RecordingOutlet, senders: readonly Sender[]): Promise<void> {
  const acknowledged = new Map(senders.flatMap((sender) => [...sender.acknowledged]));
  const last = Math.max(...acknowledged.values());
  await until(`seq ${last}`, () => (outlet.seqs.at(-1) ?? 0) >= last);
  const { seqs, events } = outlet;
  expect(seqs).toEqual(range(seqs[0] ?? 0, seqs.at(-1) ?? 0));
  const delivered = events.flatMap((event) => (event.type === "message" ? [[event.id, event.seq] as const] : []));
  expect(delivered.filter(([id]) => acknowledged.has(id)).toSorted()).toEqual([...acknowledged].toSorted());
}

/** One member at each node, and as many senders for each as are asked for. */
export async function underLoad(
  deployment: Deployment,
  sendersEach = 1,
): Promise<{ readonly visitors: readonly Visitor[]; readonly senders: readonly Sender[] }> {
  const visitors: Visitor[] = [];
  for (const [index, node] of deployment.nodes.entries()) {
    visitors.push(await deployment.enter(node, `visitor ${index}`));
  }
  const senders = visitors.flatMap(({ session }, index) =>
    range(1, sendersEach).map((n) => new Sender(deployment.at(index).node, session, `${index}-${n}-`)),
  );
  return { visitors, senders };
}

/** Returns the epoch in which a visitor entered. */
export function cursorEpoch({ cursor }: Visitor): string {
  return cursor.split("-")[0] ?? "";
}
