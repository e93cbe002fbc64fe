import type { Core } from "../../chat/core.ts";
import type { RevokedSessions, Store } from "../../chat/log-port.ts";
import type { RoomKeyHash } from "../../chat/room-key.ts";
import { StoreClock } from "../../chat/store-clock.ts";
import { every } from "../../clock.ts";
import { isEpoch, newEpoch } from "../../protocol/cursor.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { MemberId, RoomName } from "../../protocol/ids.ts";
import { Dedupe } from "../dedupe.ts";
import { StoreError, storeRefusal } from "../store-error.ts";
import { IndexedStore, REPLY_BYTES } from "../stored-rooms.ts";
import { EventWindow, type WindowTally } from "../window.ts";
import { Database, type DatabaseOptions, HeldFiles } from "./database.ts";
import { GroupCommit, StoreProbe } from "./group-commit.ts";
import { restoredState, SqliteLog } from "./log.ts";
import { RetentionSweep, type StoreParts, type SweptRoom } from "./retention.ts";
import { markStarted, markStopped } from "./run-marker.ts";
import { costInFile, migrate, prepareStatements, type RoomRow, type Tables } from "./tables.ts";

const SWEEP_MS = 1_000;
/** Bytes that may wait for their deletion, beside a quarter of `logBytes`, before the store refuses more. */
const MOST_UNDELETED_BYTES = 1_048_576;
/** More than the largest event takes: the newest event of a room is never deleted. */
const NEWEST_EVENT_BYTES = 65_536;

export interface SqliteStoreOptions extends DatabaseOptions {
  readonly file: string;
  /** Id of this machine's start: the same for every process until the next start. */
  readonly boot: string;
}

/** Rooms and revoked sessions in one SQLite file, which only this process uses. */
export class SqliteStore extends IndexedStore<SqliteRoom> implements Store {
  readonly clock: StoreClock;
  readonly revoked: RevokedSessions;
  readonly database: Database;
  readonly #options: SqliteStoreOptions;
  readonly #core: Core;
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  readonly #sweep: RetentionSweep<SqliteRoom>;
  readonly #probe: StoreProbe;
  readonly #stopSweeping: () => void;
  /** Bytes of the events that readers can get, without those being deleted. */
  readonly #offered: WindowTally = { bytes: 0 };
  /** Events and replies in the file. */
  readonly #used = { bytes: 0, replies: 0 };

  /** Opens the file, created if needed, and reads which rooms are in it. Throws StoreError. */
  constructor(options: SqliteStoreOptions, core: Core) {
    super(core);
    this.#options = options;
    this.#core = core;
    this.database = new Database(options.file, options);
    try {
      migrate(this.database);
      this.#tables = prepareStatements(this.database);
      markStarted(this.database, this.#tables, { ...options, random: core.random });
      const { pendingDeletes, newestAt } = this.#readRooms();
      this.clock = new StoreClock(core.clock, newestAt);
      const held = new HeldFiles(options.file);
      this.#commits = new GroupCommit(this.database, core, () => held.lost());
      this.#probe = new StoreProbe(this.#tables, this.#commits, core, () => held.refused());
      const store = {
        ...this.#parts,
        lockMs: core.settings.lockMs,
        rooms: () => this.rooms.all(),
        overLimit: () => this.bytes > core.settings.logBytes,
        roomDeleted: (room: SqliteRoom) => this.#onDeleted(room),
      };
      this.#sweep = new RetentionSweep(store, pendingDeletes);
    } catch (error) {
      this.database.close();
      throw error;
    }
    this.revoked = {
      has: (member) => this.#query(() => this.#tables.isRevoked(member)),
      add: (member, until) => this.#revoke(member, until),
    };
    this.#stopSweeping = every(core.clock, SWEEP_MS, () => this.#onSweepTimer());
  }

  get bytes(): number {
    return this.rooms.fixedBytes + this.#used.bytes + this.#used.replies * REPLY_BYTES;
  }

  openLog(name: RoomName, keyHash: RoomKeyHash | null = null, owner: string | null = null): SqliteLog {
    return this.#query(() => this.#open(this.rooms.get(name) ?? this.#create(name, keyHash, owner)));
  }

  makeSpace(): boolean {
    const { logBytes } = this.#core.settings;
    if (this.bytes <= logBytes) return true;
    const undeleted = this.#undeletedBytes;
    const kept = this.bytes - undeleted;
    if (kept > logBytes) this.free(kept - logBytes, (room) => this.#delete(room));
    this.#sweep.step();
    // Events are usually deleted faster than they arrive. If not, the backlog must not grow without limit.
    if (undeleted > logBytes / 4 + MOST_UNDELETED_BYTES) {
      throw new ProtocolError("overloaded", {
        message: "The store is deleting old messages. Send it again in a second.",
        retryAfterMs: 1_000,
      });
    }
    return this.bytes - this.#undeletedBytes <= logBytes;
  }

  check(): Promise<void> {
    return this.#probe.check();
  }

  close(): Promise<void> {
    this.#stopSweeping();
    this.#commits.close();
    try {
      markStopped(this.database, this.#tables, this.#options.durability);
    } catch (error) {
      this.#core.report(error);
    }
    this.database.close();
    return Promise.resolve();
  }

  get #undeletedBytes(): number {
    return this.#used.bytes - this.#offered.bytes;
  }

  #onSweepTimer(): void {
    this.#sweep.step();
    this.rooms.dropReservations(this.clock.now());
    // The failure was reported already. Probe here, so that recovery is noticed even if no client writes.
    if (this.#commits.failing) this.#probe.check().catch(() => undefined);
  }

  get #parts(): StoreParts {
    const { replayMs, dedupeMs } = this.#core.settings;
    return {
      tables: this.#tables,
      commits: this.#commits,
      now: () => this.clock.now(),
      replayMs,
      dedupeMs,
      deleted: (bytes, replies) => {
        this.#used.bytes -= bytes;
        this.#used.replies -= replies;
      },
    };
  }

  /** Fills the index. Returns the ids of deleted rooms with rows left, and the time of the newest event. */
  #readRooms(): { pendingDeletes: number[]; newestAt: number | null } {
    const sums = this.#tables.sums();
    const pendingDeletes: number[] = [];
    let newest = Number.NEGATIVE_INFINITY;
    for (const { name, keyHash, until } of this.#tables.reservations()) {
      this.rooms.reserve(name as RoomName, { keyHash, owner: null, until }); // it was a name when it was stored
    }
    for (const row of this.#tables.rooms()) {
      const { cost, newestAt } = sums.get(row.id) ?? { cost: 0, newestAt: row.madeAt };
      newest = Math.max(newest, newestAt);
      this.#used.bytes += cost;
      if (row.name === null) pendingDeletes.push(row.id);
      else this.rooms.add(new SqliteRoom(row, null, newestAt, this.#offered, cost));
    }
    this.#used.replies = this.#tables.countReplies();
    return { pendingDeletes, newestAt: Number.isFinite(newest) ? newest : null };
  }

  #create(name: RoomName, keyHash: RoomKeyHash | null, owner: string | null): SqliteRoom {
    const epoch = newEpoch(this.#core.random);
    const madeAt = this.clock.now();
    const id = this.#tables.insertRoom(name, epoch, madeAt, keyHash);
    this.#tables.deleteReservation(name);
    const room = new SqliteRoom({ id, name, epoch, began: 0, madeAt, keyHash }, owner, madeAt, this.#offered, 0);
    this.rooms.add(room);
    return room;
  }

  #open(room: SqliteRoom): SqliteLog {
    const { id, row } = room;
    if (!isEpoch(row.epoch)) throw new TypeError(`The epoch of room ${id} is ${row.epoch}.`);
    const events = this.#tables.events(id);
    const now = this.clock.now();
    const restored = restoredState(events, this.#tables.replies(id), now);
    const dedupe = new Dedupe(this.#core.settings.dedupeMs, this.replies);
    dedupe.restore(restored.replies, this.#core.clock.monotonicNow());
    const deletedUpTo = (events[0]?.seq ?? 1) - 1;
    const window = new EventWindow(this.#core.settings, this.#offered, costInFile, deletedUpTo);
    for (const { bytes, at } of events) window.push({ event: null, bytes, at });
    const used = window.cost;
    const freed = window.evict(now - this.#core.settings.replayMs);
    window.shorten(room.undeletedBytes - freed);
    const log: SqliteLog = new SqliteLog({
      ...this.#parts,
      room: id,
      epoch: row.epoch,
      began: row.began,
      window,
      deletedUpTo,
      used,
      keyHash: room.keyHash,
      dedupe,
      members: restored.members,
      core: this.#core,
      onStored: (cost) => {
        this.#used.bytes += cost;
      },
      onClosed: () => room.close(this.clock.now()),
    });
    room.open(log);
    return log;
  }

  /** Deletes a room that is not open. */
  #delete(room: SqliteRoom): void {
    const until = this.clock.now() + this.#core.settings.lockMs;
    this.#query(() => {
      this.#tables.markDeleted(room.id);
      if (room.keyHash !== null) this.#tables.insertReservation(room.name, room.keyHash, until);
    });
    this.#onDeleted(room);
  }

  #onDeleted(room: SqliteRoom): void {
    this.rooms.remove(room, this.clock.now() + this.#core.settings.lockMs);
    room.onRoomDeleted();
    this.#sweep.pendingDeletes.push(room.id);
  }

  #revoke(member: MemberId, until: number): Promise<void> {
    return new Promise((stored, refused) => {
      this.#commits.add({ apply: () => this.#tables.insertRevoked(member, until), stored, refused });
    });
  }

  /** Runs statements outside of a commit. Throws the same refusals. */
  #query<Result>(query: () => Result): Result {
    try {
      return query();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === "damaged") this.#core.report(error);
      else this.#commits.reportFailure(error);
      throw storeRefusal(error);
    }
  }
}

/** A room in the file. While its log is open the log counts its events, otherwise the room does. */
class SqliteRoom implements SweptRoom {
  readonly row: RoomRow;
  readonly id: number;
  readonly name: RoomName;
  readonly keyHash: RoomKeyHash | null;
  readonly owner: string | null;
  usedAt: number;
  log: SqliteLog | null = null;
  undeletedBytes = 0;
  readonly #offered: WindowTally;
  #cost: number;

  constructor(row: RoomRow, owner: string | null, usedAt: number, offered: WindowTally, cost: number) {
    this.row = row;
    this.id = row.id;
    this.name = row.name as RoomName; // only a deleted room has none
    this.keyHash = row.keyHash;
    this.owner = owner;
    this.usedAt = usedAt;
    this.#offered = offered;
    this.#cost = cost;
    offered.bytes += cost;
  }

  get isOpen(): boolean {
    return this.log !== null;
  }

  get cost(): number {
    return this.log?.cost ?? this.#cost;
  }

  get spare(): number {
    return this.log?.spare ?? Math.max(0, this.#cost - NEWEST_EVENT_BYTES);
  }

  get orphanedReplies(): number {
    return this.log?.orphanedReplies ?? 0;
  }

  shorten(bytes: number): number {
    if (this.log !== null) return this.log.shorten(bytes);
    const freed = Math.min(bytes, this.spare);
    this.#charge(-freed);
    this.undeletedBytes += freed;
    return freed;
  }

  /** Hands the counting of its events to the log. */
  open(log: SqliteLog): void {
    this.#charge(-this.#cost);
    this.undeletedBytes = 0;
    this.log = log;
  }

  /** Takes the counting of its events back from the log. */
  close(now: number): void {
    const { log } = this;
    this.log = null;
    this.usedAt = now;
    if (log === null) return;
    this.undeletedBytes = log.undeletedBytes;
    // They are in `offered` already: the log's window counted them there.
    this.#cost = log.cost;
  }

  onDeleted(bytes: number): void {
    const paid = Math.min(this.undeletedBytes, bytes);
    this.undeletedBytes -= paid;
    this.#charge(-Math.min(this.#cost, bytes - paid));
  }

  /** Stops counting the events of a room that was deleted. */
  onRoomDeleted(): void {
    this.#charge(-this.#cost);
  }

  #charge(cost: number): void {
    this.#cost += cost;
    this.#offered.bytes += cost;
  }
}
