import { isEpoch } from "../../protocol/cursor.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { MemberId, RoomName } from "../../protocol/ids.ts";
import type { RoomLock } from "../lock.ts";
import type { EndedSessions, Store } from "../ports.ts";
import type { Settings } from "../settings.ts";
import type { World } from "../world.ts";
import type { RoomLog } from "./contract.ts";
import { newEpoch } from "./epoch.ts";
import { GroupCommit } from "./group-commit.ts";
import { beginLife, endLife } from "./lives.ts";
import { Probe } from "./probe.ts";
import { recollect } from "./recollect.ts";
import { Database, type DatabaseOptions } from "./sqlite.ts";
import { SqliteLog } from "./sqlite-log.ts";
import { migrate } from "./sqlite-schema.ts";
import { createTables, type RoomRow, type Tables } from "./sqlite-tables.ts";
import { StoreError, storeRefusal } from "./store-error.ts";
import { type KeptRoom, Sweep } from "./sweep.ts";
import { EventWindow } from "./window.ts";

const SWEEP_MS = 1_000;

export interface SqliteStoreOptions extends DatabaseOptions {
  readonly file: string;
  /** Names the time since the machine was started: the same for every process until it is started again. */
  readonly boot: string;
}

interface Room extends KeptRoom {
  readonly row: RoomRow;
}

/** Rooms and ended sessions in one SQLite file, which this process holds for itself. */
export class SqliteStore implements Store {
  readonly ended: EndedSessions;
  readonly database: Database;
  readonly #options: SqliteStoreOptions;
  readonly #settings: Settings;
  readonly #world: World;
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  readonly #sweep: Sweep;
  readonly #probe: Probe;
  readonly #stopSweeping: () => void;
  readonly #rooms = new Map<string, Room>();
  readonly #tally = { bytes: 0 };

  /** Opens the file, makes it if need be, and reads how much of what is in it. Throws StoreError. */
  constructor(options: SqliteStoreOptions, settings: Settings, world: World) {
    this.#options = options;
    this.#settings = settings;
    this.#world = world;
    this.database = new Database(options.file, options);
    try {
      migrate(this.database);
      this.#tables = createTables(this.database);
      beginLife(this.database, this.#tables, { ...options, random: () => world.random() });
      const remains = this.#survey();
      this.#commits = new GroupCommit(this.database, world);
      this.#probe = new Probe(this.#tables, this.#commits, world);
      this.#sweep = new Sweep(
        {
          tables: this.#tables,
          commits: this.#commits,
          now: () => world.now(),
          replayMs: settings.replayMs,
          dedupeMs: settings.dedupeMs,
          rooms: () => this.#rooms.values(),
          shrunk: (room, bytes) => {
            const gone = Math.min(bytes, room.bytes);
            room.bytes -= gone;
            this.#tally.bytes -= gone;
          },
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
    this.#stopSweeping = world.every(SWEEP_MS, () => this.#tidyUp());
  }

  get bytes(): number {
    return this.#tally.bytes;
  }

  openLog(name: RoomName, lock: RoomLock | null = null): RoomLog {
    return this.#asked(() => this.#open(this.#rooms.get(name) ?? this.#make(name, lock)));
  }

  lockOf(name: RoomName): RoomLock | null | undefined {
    return this.#rooms.get(name)?.row.lock;
  }

  dropRoom(): boolean {
    const closed = [...this.#rooms.values()].filter(({ log }) => log === null);
    const [first, ...others] = closed;
    if (first === undefined) return false;
    const oldest = others.reduce((one, other) => (other.usedAt < one.usedAt ? other : one), first);
    this.#asked(() => this.#tables.giveUpRoom(oldest.id));
    this.#forget(oldest);
    return true;
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
      this.#world.report(error);
    }
    this.database.close();
    return Promise.resolve();
  }

  #tidyUp(): void {
    this.#sweep.step();
    // What went wrong has been said. Who asks whether it is over, if nobody else does, is the store itself.
    if (this.#commits.failing) this.#probe.ask().catch(() => undefined);
  }

  /** Makes the list of rooms; gives the ids of those that were given up. */
  #survey(): number[] {
    const sums = this.#tables.sums();
    const remains: number[] = [];
    for (const row of this.#tables.rooms()) {
      const { id, name, madeAt } = row;
      if (name === null) {
        remains.push(id);
        continue;
      }
      const { bytes, newestAt } = sums.get(id) ?? { bytes: 0, newestAt: madeAt };
      this.#rooms.set(name, { id, name, row, bytes, usedAt: newestAt, log: null });
      this.#tally.bytes += bytes;
    }
    return remains;
  }

  #make(name: RoomName, lock: RoomLock | null): Room {
    if (this.#rooms.size >= this.#settings.rooms && !this.dropRoom()) throw new ProtocolError("overloaded");
    const epoch = newEpoch(() => this.#world.random());
    const madeAt = this.#world.now();
    const id = this.#tables.insertRoom(name, epoch, madeAt, lock);
    const room = { id, name, row: { id, name, epoch, began: 0, madeAt, lock }, bytes: 0, usedAt: madeAt, log: null };
    this.#rooms.set(name, room);
    return room;
  }

  #open(room: Room): SqliteLog {
    const { id, row } = room;
    if (!isEpoch(row.epoch)) throw new TypeError(`room ${id} has ${row.epoch} for an epoch`);
    const events = this.#tables.events(id);
    const recollection = recollect(events, this.#tables.replies(id));
    const deleted = (events[0]?.seq ?? 1) - 1;
    const window = new EventWindow(this.#settings, this.#tally, deleted);
    this.#tally.bytes -= room.bytes;
    for (const { bytes, at } of events) window.push({ event: null, bytes, at });
    window.evict(this.#world.now() - this.#settings.replayMs);
    const log = new SqliteLog({
      room: id,
      epoch: row.epoch,
      began: row.began,
      window,
      deleted,
      recollection,
      tables: this.#tables,
      commits: this.#commits,
      now: () => this.#world.now(),
      replayMs: this.#settings.replayMs,
      dedupeMs: this.#settings.dedupeMs,
      report: (error) => this.#world.report(error),
      closed: () => {
        room.log = null;
        room.bytes = window.bytes;
        room.usedAt = this.#world.now();
      },
    });
    room.log = log;
    return log;
  }

  #forget(room: KeptRoom): void {
    this.#rooms.delete(room.name);
    this.#tally.bytes -= room.bytes;
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
      if (error.code === "damaged") this.#world.report(error);
      else this.#commits.failed(error);
      throw storeRefusal(error);
    }
  }
}
