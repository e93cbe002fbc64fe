import { randomBytes } from "node:crypto";
import type { Core } from "../../chat/core.ts";
import type { RevokedSessions, RoomLog, Store, StoredName } from "../../chat/log-port.ts";
import type { RoomKeyHash } from "../../chat/room-key.ts";
import { StoreClock } from "../../chat/store-clock.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { MemberId, RoomName } from "../../protocol/ids.ts";
import { MemoryRevokedSessions } from "../memory.ts";
import type { Durability } from "../sqlite/database.ts";
import type { StoreError } from "../store-error.ts";
import { parseRedisAddress, type RedisAddress } from "./address.ts";
import { RedisError, redisError } from "./connection.ts";
import { RedisLink } from "./link.ts";
import { RedisLog } from "./log.ts";
import { RoomScripts } from "./scripts.ts";
import { explainFailure, explainOutage } from "./server-check.ts";

/** The share of `maxmemory` above which no new room is created. Redis itself refuses messages when all of it is used. */
const FULL_SHARE = 0.9;
const DAY_MS = 24 * 3_600_000;

export interface RedisStoreOptions {
  /** `redis://`, `rediss://` or `redis+sentinel://`, with credentials. */
  readonly url: string;
  /** Begins all keys: two deployments can share one server. */
  readonly prefix: string;
  readonly durability: Durability;
}

/** Connects to Redis. Rejects with StoreError, whose message is one line for the operator. */
export async function openRedisStore(
  { url, prefix, durability }: RedisStoreOptions,
  core: Core,
  secret: string | undefined,
): Promise<{ readonly store: RedisStore; readonly secret: string }> {
  const store = new RedisStore(url, prefix, durability, core);
  try {
    await store.connect();
    return { store, secret: secret ?? (await store.sharedSecret()) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Rooms and revoked sessions in Redis, which several processes share. */
export class RedisStore implements Store {
  readonly clock: StoreClock;
  readonly revoked: RevokedSessions;
  readonly link: RedisLink;
  readonly #core: Core;
  readonly #address: RedisAddress;
  readonly #scripts: RoomScripts;
  readonly #node = randomBytes(6).toString("base64url");
  readonly #logs = new Map<RoomName, RedisLog>();
  /**
   * Revoked sessions that this process knows of. Redis knows all: it refuses the others when their member is to become
   * present in a room.
   */
  readonly #revoked: MemoryRevokedSessions;
  /** By owner: when this process created rooms, ms since 1970. */
  readonly #created = new Map<string, number[]>();

  #onOutage: (back: AbortSignal) => void = () => {};
  #outageTimer: (() => void) | null = null;
  /** Aborts when Redis is in reach again, or when the store is closed. */
  #back = new AbortController();

  constructor(url: string, prefix: string, durability: Durability, core: Core) {
    this.#core = core;
    this.#address = parseRedisAddress(url, prefix);
    this.clock = new StoreClock(core.clock);
    this.#revoked = new MemoryRevokedSessions((until) => this.clock.hasPassed(until));
    this.revoked = {
      has: (member, until) => this.#revoked.has(member, until),
      add: (member, until, room) => this.#revoke(member, until, room),
    };
    const listener = { up: () => this.#onUp(), down: (error: StoreError | RedisError) => this.#onDown(error) };
    this.link = new RedisLink(this.#address, core, listener, RoomScripts.all, durability);
    this.#scripts = new RoomScripts((script, keys, args) => this.link.run(script, keys, args), prefix, core.settings);
  }

  connect(): Promise<void> {
    return this.link.connect();
  }

  /** Resolves to the secret with which all processes that share Redis and the prefix sign tokens. Rejects with StoreError. */
  async sharedSecret(): Promise<string> {
    const key = `${this.#address.prefix}:secret`;
    const secret = randomBytes(32).toString("hex");
    try {
      // At its memory limit Redis refuses any SET, even one that would change nothing.
      const stored =
        (await this.link.command("GET", key)) ?? (await this.link.command("SET", key, secret, "NX", "GET"));
      return String(stored ?? secret);
    } catch (error) {
      throw explainFailure(this.#address, redisError(error));
    }
  }

  get bytes(): number {
    return this.link.memory.usedBytes;
  }

  get echoAgeMs(): number {
    return this.link.echoAgeMs;
  }

  get full(): boolean {
    const { usedBytes, maxBytes } = this.link.memory;
    return maxBytes > 0 && usedBytes > FULL_SHARE * maxBytes;
  }

  find(room: RoomName): Promise<StoredName | undefined> {
    return this.#reaching(() => this.#scripts.find(room));
  }

  openLog(room: RoomName, keyHash: RoomKeyHash | null = null, owner: string | null = null): Promise<RoomLog> {
    return this.#reaching(async () => {
      const log = await RedisLog.open(
        {
          room,
          core: this.#core,
          link: this.link,
          scripts: this.#scripts,
          node: this.#node,
          onRevoked: (member) => void this.#revoked.add(member, this.clock.deadlineIn(this.#core.settings.sessionMs)),
          onClosed: () => this.#logs.delete(room),
        },
        keyHash,
      );
      this.#logs.set(room, log);
      if (owner !== null && log.head === 0) this.#countCreated(owner);
      return log;
    });
  }

  /** Returns how many rooms this process created for the owner in the last day. Some may be gone meanwhile. */
  ownedBy(owner: string): number {
    return this.#createdBy(owner).length;
  }

  makeSpace(): boolean {
    return !this.full;
  }

  /** Nothing to check here: append.lua refuses a message if the room remembers too many replies. */
  admitMessage(): void {}

  check(): Promise<void> {
    if (this.link.hearing) return Promise.resolve();
    return Promise.reject(
      this.#unreachable("Redis is out of reach: the test messages that this server publishes do not come back."),
    );
  }

  onOutage(task: (back: AbortSignal) => void): void {
    this.#onOutage = task;
  }

  async close(): Promise<void> {
    this.#endOutage();
    for (const log of [...this.#logs.values()]) await log.close();
    await this.link.close();
  }

  #onUp(): void {
    if (this.#endOutage()) this.#core.note("store recovered");
    for (const log of this.#logs.values()) log.onUp();
  }

  #onDown(error: StoreError | RedisError): void {
    this.#core.report(explainOutage(this.#address, error));
    for (const log of this.#logs.values()) log.onDown();
    this.#outageTimer ??= this.#core.clock.after(this.#core.settings.outageHoldMs, () =>
      this.#onOutage(this.#back.signal),
    );
  }

  /** Returns whether there was one. */
  #endOutage(): boolean {
    const wasOut = this.#outageTimer !== null;
    this.#outageTimer?.();
    this.#outageTimer = null;
    this.#back.abort();
    this.#back = new AbortController();
    return wasOut;
  }

  #countCreated(owner: string): void {
    this.#created.set(owner, [...this.#createdBy(owner), this.clock.now()]);
    if (this.#created.size <= this.#core.settings.addresses) return;
    const [oldest] = this.#created.keys();
    if (oldest !== undefined) this.#created.delete(oldest);
  }

  #createdBy(owner: string): number[] {
    const since = this.clock.now() - DAY_MS;
    const recent = (this.#created.get(owner) ?? []).filter((at) => at > since);
    if (recent.length === 0) this.#created.delete(owner);
    return recent;
  }

  async #revoke(member: MemberId, until: number, room: RoomName): Promise<void> {
    const log = this.#logs.get(room);
    // If the room is not open here, tell Redis all the same: other processes would still accept the session.
    await (log?.revoke(member, until) ?? this.#reaching(() => this.#scripts.end(room, this.#node, member, until)));
    await this.#revoked.add(member, until);
  }

  /** Runs a call once. Turns RedisError into the refusal that clients get. */
  async #reaching<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      throw this.#unreachable("The store can't be reached at the moment. Nothing was stored; try again later.", error);
    }
  }

  #unreachable(message: string, cause?: RedisError): ProtocolError {
    return new ProtocolError("overloaded", {
      message,
      retryAfterMs: 1_000 + Math.floor(this.#core.random() * 2_000),
      cause,
    });
  }
}
