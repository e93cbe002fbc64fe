import type { Core } from "../chat/core.ts";
import type { RoomLock } from "../chat/lock.ts";
import type { EndedSessions, Store } from "../chat/ports.ts";
import { StoreClock } from "../chat/store-clock.ts";
import { every } from "../clock.ts";
import { isEpoch } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { MemberId, RoomName } from "../protocol/ids.ts";
import type { RoomLog } from "./contract.ts";
import { costInFile, REPLY_BYTES } from "./cost.ts";
import { newEpoch } from "./epoch.ts";
import { GroupCommit } from "./group-commit.ts";
import { HeldFiles } from "./held-files.ts";
import { KeptRooms, slackOf } from "./kept-rooms.ts";
import { beginLife, endLife } from "./lives.ts";
import { Probe } from "./probe.ts";
import { recollect } from "./recollect.ts";
import { Database, type DatabaseOptions } from "./sqlite.ts";
import { SqliteLog } from "./sqlite-log.ts";
import { migrate } from "./sqlite-schema.ts";
import { createTables, type RoomRow, type Tables } from "./sqlite-tables.ts";
import { StoreError, storeRefusal } from "./store-error.ts";
import { type RoomInFile, Sweep } from "./sweep.ts";
import { EventWindow, type Tally } from "./window.ts";

const SWEEP_MS = 1_000;
/** So much may wait for its deletion, beside a quarter of `logBytes`, before nothing more is taken. */
const MOST_DELETING_BYTES = 1_048_576;
/** More than the largest event takes. */
const NEWEST_BYTES = 65_536;

export interface SqliteStoreOptions extends DatabaseOptions {
  readonly file: string;
  /** Names the time since the machine was started: the same for every process until it is started again. */
  readonly boot: string;
}

/** Rooms and ended sessions in one SQLite file, which this process holds for itself. */
export class SqliteStore implements Store {
  readonly clock: StoreClock;
  readonly ended: EndedSessions;
  readonly database: Database;
  readonly #options: SqliteStoreOptions;
  readonly #core: Core;
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  readonly #sweep: Sweep<FileRoom>;
  readonly #probe: Probe;
  readonly #stopSweeping: () => void;
  readonly #rooms = new KeptRooms<FileRoom>();
  /** What is offered to readers, that is without what is being deleted. */
  readonly #offered: Tally = { bytes: 0 };
  /** What events and replies take in the file. */
  readonly #used = { bytes: 0, replies: 0 };

  /** Opens the file, makes it if need be, and reads how much of what is in it. Throws StoreError. */
  constructor(options: SqliteStoreOptions, core: Core) {
    this.#options = options;
    this.#core = core;
    const { settings } = core;
    this.database = new Database(options.file, options);
    try {
      migrate(this.database);
      this.#tables = createTables(this.database);
      beginLife(this.database, this.#tables, { ...options, random: () => core.random() });
      const { remains, newestAt } = this.#survey();
      this.clock = new StoreClock(core.clock, newestAt);
      const held = new HeldFiles(options.file);
      this.#commits = new GroupCommit(this.database, core, () => held.lost());
      this.#probe = new Probe(this.#tables, this.#commits, core, () => held.refused());
      this.#sweep = new Sweep(
        {
          ...this.#aging,
          lockMs: settings.lockMs,
          rooms: () => this.#rooms.all(),
          pressed: () => this.bytes > settings.logBytes,
          gone: (room) => this.#forget(room),
        },
        remains,
      );
    } catch (error) {
      this.database.close();
      throw error;
    }
    this.ended = {
      has: (member) => this.#asked(() => this.#tables.isEnded(member)),
      add: (member, until) => this.#addEnded(member, until),
    };
    this.#stopSweeping = every(core.clock, SWEEP_MS, () => this.#tidyUp());
  }

  get bytes(): number {
    return this.#rooms.fixedBytes + this.#used.bytes + this.#used.replies * REPLY_BYTES;
  }

  get full(): boolean {
    return this.bytes > this.#core.settings.logBytes && !this.#rooms.canMakeWay;
  }

  openLog(name: RoomName, lock: RoomLock | null = null, owner: string | null = null): RoomLog {
    return this.#asked(() => this.#open(this.#rooms.get(name) ?? this.#make(name, lock, owner)));
  }

  lockOf(name: RoomName): RoomLock | null | undefined {
    return this.#rooms.lockOf(name);
  }

  has(name: RoomName): boolean {
    return this.#rooms.get(name) !== undefined;
  }

  share(owner: string): number {
    return this.#rooms.share(owner);
  }

  makeWay(): boolean {
    const { logBytes } = this.#core.settings;
    if (this.bytes <= logBytes) return true;
    const deleting = this.#used.bytes - this.#offered.bytes;
    const kept = this.bytes - deleting;
    if (kept > logBytes) this.#rooms.makeWay(kept - logBytes + slackOf(logBytes), (room) => this.#giveUp(room));
    this.#sweep.step();
    // Deletion is faster than events come. If it can't be, it must not be left behind without end.
    if (deleting > logBytes / 4 + MOST_DELETING_BYTES) {
      throw new ProtocolError("overloaded", {
        message: "The store is deleting older messages. Send it again in a moment.",
        retryAfterMs: 1_000,
      });
    }
    return this.bytes - (this.#used.bytes - this.#offered.bytes) <= logBytes;
  }

  check(): Promise<void> {
    return this.#probe.ask();
  }

  close(): Promise<void> {
    this.#stopSweeping();
    this.#commits.close();
    try {
      endLife(this.database, this.#tables, this.#options.durability);
    } catch (error) {
      this.#core.report(error);
    }
    this.database.close();
    return Promise.resolve();
  }

  #tidyUp(): void {
    this.#sweep.step();
    this.#rooms.dropLocks(this.clock.now());
    // The failure was reported already. Probe here, so that recovery is noticed even if no client writes.
    if (this.#commits.failing) this.#probe.ask().catch(() => undefined);
  }

  get #aging() {
    const { replayMs, dedupeMs } = this.#core.settings;
    return {
      tables: this.#tables,
      commits: this.#commits,
      now: () => this.clock.now(),
      replayMs,
      dedupeMs,
      dropped: (bytes: number, replies: number) => {
        this.#used.bytes -= bytes;
        this.#used.replies -= replies;
      },
    };
  }

  /** Makes the list of rooms and locks. Gives the ids of rooms that were given up, and the time of the newest event. */
  #survey(): { remains: number[]; newestAt: number | null } {
    const sums = this.#tables.sums();
    const remains: number[] = [];
    let newest = Number.NEGATIVE_INFINITY;
    for (const { name, lock, until } of this.#tables.locks()) {
      this.#rooms.keepLock(name as RoomName, { lock, owner: null, until }); // it was one when it was stored
    }
    for (const row of this.#tables.rooms()) {
      const { cost, newestAt } = sums.get(row.id) ?? { cost: 0, newestAt: row.madeAt };
      newest = Math.max(newest, newestAt);
      this.#used.bytes += cost;
      if (row.name === null) remains.push(row.id);
      else this.#rooms.add(new FileRoom(row, null, newestAt, this.#offered, cost));
    }
    this.#used.replies = this.#tables.countReplies();
    return { remains, newestAt: Number.isFinite(newest) ? newest : null };
  }

  #make(name: RoomName, lock: RoomLock | null, owner: string | null): FileRoom {
    const epoch = newEpoch(() => this.#core.random());
    const madeAt = this.clock.now();
    const id = this.#tables.insertRoom(name, epoch, madeAt, lock);
    this.#tables.dropLock(name);
    const room = new FileRoom({ id, name, epoch, began: 0, madeAt, lock }, owner, madeAt, this.#offered, 0);
    this.#rooms.add(room);
    return room;
  }

  #open(room: FileRoom): SqliteLog {
    const { id, row } = room;
    if (!isEpoch(row.epoch)) throw new TypeError(`room ${id} has ${row.epoch} for an epoch`);
    const events = this.#tables.events(id);
    const now = this.clock.now();
    const recollection = recollect(events, this.#tables.replies(id), now);
    const deleted = (events[0]?.seq ?? 1) - 1;
    const window = new EventWindow(this.#core.settings, this.#offered, costInFile, deleted);
    for (const { bytes, at } of events) window.push({ event: null, bytes, at });
    const used = window.cost;
    const freed = window.evict(now - this.#core.settings.replayMs);
    window.shorten(room.owed - freed);
    const log: SqliteLog = new SqliteLog({
      ...this.#aging,
      room: id,
      epoch: row.epoch,
      began: row.began,
      window,
      deleted,
      used,
      recollection,
      wallNow: () => this.#core.clock.wallNow(),
      report: (error) => this.#core.report(error),
      stored: (cost) => {
        this.#used.bytes += cost;
      },
      closed: () => room.close(this.clock.now()),
    });
    room.open(log);
    return log;
  }

  /** Gives up a room that is not open. */
  #giveUp(room: FileRoom): void {
    const until = this.clock.now() + this.#core.settings.lockMs;
    this.#asked(() => {
      this.#tables.giveUpRoom(room.id);
      if (room.lock !== null) this.#tables.insertLock(room.name, room.lock, until);
    });
    this.#forget(room);
  }

  #forget(room: FileRoom): void {
    this.#rooms.remove(room, this.clock.now() + this.#core.settings.lockMs);
    room.forget();
    this.#sweep.remains.push(room.id);
  }

  #addEnded(member: MemberId, until: number): Promise<void> {
    return new Promise((stored, refused) => {
      this.#commits.add({ apply: () => this.#tables.insertEnded(member, until), stored, refused });
    });
  }

  /** What is asked outside of a commit is refused in the same way. */
  #asked<Answer>(ask: () => Answer): Answer {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === "damaged") this.#core.report(error);
      else this.#commits.failed(error);
      throw storeRefusal(error);
    }
  }
}

/** A room in the file: while its log is open that knows what its events take, else this does. */
class FileRoom implements RoomInFile {
  readonly row: RoomRow;
  readonly id: number;
  readonly name: RoomName;
  readonly lock: RoomLock | null;
  readonly owner: string | null;
  usedAt: number;
  log: SqliteLog | null = null;
  owed = 0;
  readonly #offered: Tally;
  #cost: number;

  constructor(row: RoomRow, owner: string | null, usedAt: number, offered: Tally, cost: number) {
    this.row = row;
    this.id = row.id;
    this.name = row.name as RoomName; // only a room that was given up has none
    this.lock = row.lock;
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
    return this.log?.spare ?? Math.max(0, this.#cost - NEWEST_BYTES);
  }

  shorten(bytes: number): number {
    if (this.log !== null) return this.log.shorten(bytes);
    const freed = Math.min(bytes, this.spare);
    this.#charge(-freed);
    this.owed += freed;
    return freed;
  }

  /** From now on the log counts its events. */
  open(log: SqliteLog): void {
    this.#charge(-this.#cost);
    this.owed = 0;
    this.log = log;
  }

  close(now: number): void {
    const { log } = this;
    this.log = null;
    this.usedAt = now;
    if (log === null) return;
    this.owed = log.owed;
    // The window goes with the log: what it counted is counted here.
    this.#cost = log.cost;
  }

  deleted(bytes: number): void {
    const paid = Math.min(this.owed, bytes);
    this.owed -= paid;
    this.#charge(-Math.min(this.#cost, bytes - paid));
  }

  forget(): void {
    this.#charge(-this.#cost);
  }

  #charge(cost: number): void {
    this.#cost += cost;
    this.#offered.bytes += cost;
  }
}
