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
import { RedisError } from "./connection.ts";
import { RedisLink } from "./link.ts";
import { RedisLog } from "./log.ts";
import { RoomScripts } from "./scripts.ts";
import { explainOutage } from "./server-check.ts";

/** Of `maxmemory`: beyond it no room is made. Redis itself refuses messages when all of it is used. */
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
  /** Sessions that other processes have revoked. What is not here, Redis tells when the session joins. */
  readonly #revoked: MemoryRevokedSessions;
  /** When this process created rooms for an owner. */
  readonly #created = new Map<string, number[]>();

  #onOutage: (back: AbortSignal) => void = () => {};
  #outageTimer: (() => void) | null = null;
  /** Aborts when Redis is in reach again. */
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

  /** Resolves to the secret that all processes on this Redis sign tokens with. */
  async sharedSecret(): Promise<string> {
    const key = `${this.#address.prefix}:secret`;
    await this.link.command("SET", key, randomBytes(32).toString("hex"), "NX");
    return String(await this.link.command("GET", key));
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

  /** Counts the rooms that this process created in the last day: Redis deletes those that are not used. */
  ownedBy(owner: string): number {
    return this.#createdBy(owner).length;
  }

  makeSpace(): boolean {
    return !this.full;
  }

  /** The script counts replies. */
  admitMessage(): void {}

  check(): Promise<void> {
    if (this.link.hearing) return Promise.resolve();
    return Promise.reject(this.#unreachable("Redis is out of reach: this server does not hear its own echo."));
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
    // The room may be gone, or this process have no place for it: its sessions are valid in other processes.
    await (log?.revoke(member, until) ?? this.#reaching(() => this.#scripts.end(room, this.#node, member, until)));
    await this.#revoked.add(member, until);
  }

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
