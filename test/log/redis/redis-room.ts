import { createClient } from "@redis/client";
import { DEFAULT_SETTINGS } from "../../../src/chat/settings.ts";
import {
  type Appended,
  type Begun,
  type Offer,
  type Op,
  type RoomLimits,
  RoomScripts,
  type Snapshot,
} from "../../../src/log/redis/scripts.ts";
import type { RoomName } from "../../../src/protocol/ids.ts";
import { asCommandId, asEpoch, asMember, asRoom } from "../../support/cast.ts";
import { freshRoom } from "../../support/ids.ts";
import { type RedisConfig, RedisServer } from "../../support/redis.ts";

export const ADA = asMember("ada");
export const FIRST_EPOCH = asEpoch("e1");
/** All keys of a room by their last letter. */
export const KEYS = ["m", "s", "d", "D", "w", "u", "n", "x", "k"] as const;
export type Key = (typeof KEYS)[number];

/** Moves the end of the settling period, so that no test has to wait for it. */
const SET_REMAINING = `#!lua flags=allow-oom
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'next_at', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]))`;

export function say(id: string, text = "hi", byPost = false): Op {
  const from = { id: ADA, name: "Ada" };
  return { op: "say", member: ADA, id: asCommandId(id), tail: JSON.stringify({ id, from, text }).slice(1), byPost };
}

export function join(id: string, { deadlineMs = 60_000, via = "" } = {}): Op {
  return { op: "join", member: asMember(id), deadlineMs, author: JSON.stringify({ id, name: id }), via };
}

export function leave(id: string): Op {
  return { op: "leave", member: asMember(id) };
}

/** A redis-server with one connection. Calls that are made together are executed one right after the other. */
export class RedisUnderTest implements AsyncDisposable {
  readonly server: RedisServer;
  /** Another one after `restart`. */
  client: ReturnType<typeof clientOf>;

  private constructor(server: RedisServer) {
    this.server = server;
    this.client = clientOf(server);
  }

  static async start(config: RedisConfig = {}): Promise<RedisUnderTest> {
    const redis = new RedisUnderTest(await RedisServer.start({ config }));
    await redis.client.connect();
    return redis;
  }

  /** Kills and restarts it. */
  async restart(): Promise<void> {
    this.client.destroy();
    await this.server.restart();
    this.client = clientOf(this.server);
    await this.client.connect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    await this.server[Symbol.asyncDispose]();
  }

  /** Returns the server's time in ms since 1970. */
  async now(): Promise<number> {
    const [seconds, microseconds] = await this.client.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  /** Gives the server's data another history, as a restart or a promotion does. */
  async newHistory(): Promise<void> {
    await this.client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    await this.client.sendCommand(["REPLICAOF", "NO", "ONE"]);
  }
}

function clientOf(server: RedisServer) {
  const client = createClient({ url: server.url });
  // A client without a listener throws when its server is killed.
  client.on("error", () => undefined);
  return client;
}

/** A room of a name of its own, and what tests do with it. Its scripts run from their source. */
export class RedisRoom {
  readonly name: RoomName;
  readonly scripts: RoomScripts;
  readonly #redis: RedisUnderTest;

  constructor(redis: RedisUnderTest, limits: Partial<RoomLimits> = {}, name: RoomName = asRoom(freshRoom())) {
    this.name = name;
    this.#redis = redis;
    this.scripts = new RoomScripts(
      (script, keys, args) => redis.client.eval(script.source, { keys: [...keys], arguments: [...args] }),
      "sk",
      { ...DEFAULT_SETTINGS, ...limits },
    );
  }

  static async create(redis: RedisUnderTest, limits: Partial<RoomLimits> = {}): Promise<RedisRoom> {
    const room = new RedisRoom(redis, limits);
    await room.make();
    return room;
  }

  /** Returns the same room as a node with other limits has it. */
  with(limits: Partial<RoomLimits>): RedisRoom {
    return new RedisRoom(this.#redis, limits, this.name);
  }

  async make(keyHash: Snapshot["keyHash"] = null, epoch = FIRST_EPOCH): Promise<Snapshot> {
    const opened = await this.scripts.open(this.name, { create: { epoch, keyHash }, after: null, events: 0, bytes: 0 });
    if (opened.kind !== "open") throw new Error(`the room is ${opened.kind}`);
    return opened.snapshot;
  }

  async read({ after = null, events = 1_000, bytes = 1_000_000 }: ReadOptions = {}): Promise<Snapshot> {
    const opened = await this.scripts.open(this.name, { create: null, after, events, bytes });
    if (opened.kind !== "open") throw new Error(`the room is ${opened.kind}`);
    return opened.snapshot;
  }

  /** Returns the texts of all messages, as stored. */
  async texts(): Promise<string[]> {
    const { events } = await this.read();
    return events.map(({ body }) => JSON.parse(body).text).filter((text) => text !== undefined);
  }

  async append(...ops: readonly Op[]): Promise<Done & { readonly bodies: readonly string[] }> {
    const appended = await this.scripts.append(this.name, "n1", ops);
    if (appended.kind !== "ok") throw new Error(`the room is ${appended.kind}`);
    return { ...appended, bodies: bodiesOf(appended) };
  }

  begin(offer: Partial<Offer> = {}, node = "n1"): Promise<Begun> {
    const complete = { newEpoch: asEpoch("e2"), epoch: FIRST_EPOCH, past: [], events: [], ...offer };
    return this.scripts.begin(this.name, node, complete);
  }

  /** Offers one after the other while this many ms of the settling period remain. Call `begin` before. */
  async offer(remainingMs: number, ...offers: readonly Partial<Offer>[]): Promise<Begun[]> {
    // Sent together: a pause of this process can't come between them.
    const set = this.#redis.client.eval(SET_REMAINING, { keys: [this.key("m")], arguments: [String(remainingMs)] });
    const begun = offers.map((offer) => this.begin(offer));
    await set;
    return Promise.all(begun);
  }

  key(key: Key | "c"): string {
    return `sk:{${this.name}}:${key}`;
  }

  async set(fields: Readonly<Record<string, number>>): Promise<void> {
    const words = Object.entries(fields).flatMap(([name, value]) => [name, String(value)]);
    await this.#redis.client.hSet(this.key("m"), words);
  }

  async field(name: string): Promise<number> {
    return Number(await this.#redis.client.hGet(this.key("m"), name));
  }

  /** Returns when each key that exists expires: ms since 1970; -1: never. */
  async expiries(): Promise<Partial<Record<Key, number>>> {
    const found: Partial<Record<Key, number>> = {};
    for (const key of KEYS) {
      const at = Number(await this.#redis.client.sendCommand(["PEXPIRETIME", this.key(key)]));
      if (at !== -2) found[key] = at;
    }
    return found;
  }

  /** Copies everything that is stored of the room. Call the result to make that the room again: what came after is lost. */
  async save(): Promise<() => Promise<void>> {
    const { client } = this.#redis;
    for (const key of KEYS) await client.copy(this.key(key), `saved:${this.key(key)}`, { REPLACE: true });
    return async () => {
      for (const key of KEYS) {
        await client.del(this.key(key));
        await client.copy(`saved:${this.key(key)}`, this.key(key));
      }
    };
  }
}

type Done = Extract<Appended, { kind: "ok" }>;

/** Returns the JSON of the events that were stored, in order. */
export function bodiesOf({ lines }: Done): string[] {
  return lines.filter((line) => line.startsWith("{"));
}

interface ReadOptions {
  readonly after?: number | null;
  readonly events?: number;
  readonly bytes?: number;
}
