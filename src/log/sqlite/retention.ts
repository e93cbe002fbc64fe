import type { StoredRoom } from "../stored-rooms.ts";
import type { GroupCommit, Write } from "./group-commit.ts";
import type { DeletedEvents, Tables } from "./tables.ts";

/** The most rows deleted in one turn, about 1 ms; more if over half as many were added since the last turn. */
const SLICE_ROWS = 500;
/** Rooms checked in one step of the sweep. */
const SWEPT_ROOMS = 20;

/** What logs and pruning use of their store. */
export interface StoreParts {
  readonly tables: Tables;
  readonly commits: GroupCommit;
  /** By the store's clock. */
  readonly now: () => number;
  readonly replayMs: number;
  readonly dedupeMs: number;
  /** Reports the bytes of events and the number of replies that were deleted; a negative number of replies was added. */
  deleted(bytes: number, replies: number): void;
}

/** What a pruner needs of its log. */
export interface PrunedLog {
  readonly room: number;
  /** Everything up to this seq is deleted already. */
  readonly deletedUpTo: number;
  /** Returns the seq up to which events can be deleted. */
  deletable(): number;
  /** Returns the newest event's seq. */
  head(): number;
  /** Reports the events that were deleted, and how many stored replies. */
  pruned(events: DeletedEvents, replies: number): void;
}

/** Deletes from the file what left an open log's window, a slice per turn, and replies that are old enough. */
export class WindowPruner implements Write {
  readonly #store: StoreParts;
  readonly #log: PrunedLog;
  #deletedUpTo: number;
  #slice = 0;
  #seenHead: number;
  #events: DeletedEvents = { bytes: 0, keptReplies: 0 };
  #replies = 0;
  #running = false;

  constructor(store: StoreParts, log: PrunedLog) {
    this.#store = store;
    this.#log = log;
    this.#deletedUpTo = log.deletedUpTo;
    this.#seenHead = log.head();
  }

  /** Events that left the window and are still in the file. */
  get backlog(): number {
    return this.#log.deletable() - this.#deletedUpTo;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#store.commits.add(this);
  }

  apply(): void {
    const { tables, now, dedupeMs } = this.#store;
    const { room } = this.#log;
    // More than were added, so that the backlog shrinks at any rate.
    const head = this.#log.head();
    const rows = Math.max(SLICE_ROWS, 2 * (head - this.#seenHead));
    this.#seenHead = head;
    this.#slice = Math.min(this.#log.deletable(), this.#deletedUpTo + rows);
    const before = now() - dedupeMs;
    this.#events = tables.deleteEvents(room, this.#slice, before);
    this.#replies = tables.deleteReplies(room, before, 2 * rows);
  }

  stored(): void {
    this.#deletedUpTo = this.#slice;
    this.#running = false;
    this.#log.pruned(this.#events, this.#replies);
    if (this.backlog >= SLICE_ROWS) this.start();
  }

  refused(): void {
    this.#running = false;
  }
}

/** A room in the file, as the sweep sees it. */
export interface SweptRoom extends StoredRoom {
  readonly id: number;
  /** null while it is not open. */
  readonly log: { evictOld(): void } | null;
  /** While the log is not open: bytes of its oldest events that readers no longer get and that are not deleted yet. */
  readonly undeletedBytes: number;
  /** Reports the bytes of the oldest events that were deleted while the log was not open. */
  onDeleted(bytes: number): void;
}

export interface Sweepable<Room extends SweptRoom> extends StoreParts {
  readonly lockMs: number;
  rooms(): Iterable<Room>;
  /** Returns whether the file is larger than it should be: the sweep then continues every turn. */
  overLimit(): boolean;
  /** Reports that a room that was not open was deleted. */
  roomDeleted(room: Room): void;
}

/**
 * Deletes what is too old, what rooms that are not open gave up to make space, and what belonged to deleted rooms: a
 * little in each step. While the file is larger than it should be, each step starts the next.
 */
export class RetentionSweep<Room extends SweptRoom> implements Write {
  /** Ids of deleted rooms whose rows are still in the file. */
  readonly pendingDeletes: number[];
  readonly #store: Sweepable<Room>;
  #roomsToSweep: Iterator<Room>;
  /** What to do once the step is stored. */
  #afterCommit: (() => void)[] = [];
  #running = false;
  #unfinished = false;

  constructor(store: Sweepable<Room>, pendingDeletes: number[]) {
    this.#store = store;
    this.pendingDeletes = pendingDeletes;
    this.#roomsToSweep = store.rooms()[Symbol.iterator]();
  }

  step(): void {
    if (this.#running) return;
    this.#running = true;
    this.#store.commits.add(this);
  }

  apply(): void {
    const { tables, now, replayMs, dedupeMs, overLimit } = this.#store;
    tables.deleteRevoked(now(), SLICE_ROWS);
    tables.deleteReservations(now());
    this.#unfinished = this.#deletePending() || (overLimit() && this.#deleteGivenUp());
    if (this.#unfinished) return;
    const tooOld = now() - replayMs;
    for (let swept = 0; swept < SWEPT_ROOMS; swept += 1) {
      const { value: room, done } = this.#roomsToSweep.next();
      if (done === true) {
        this.#roomsToSweep = this.#store.rooms()[Symbol.iterator]();
        return;
      }
      const replies = tables.deleteReplies(room.id, now() - dedupeMs, SLICE_ROWS);
      if (replies > 0) this.#afterCommit.push(() => this.#store.deleted(0, replies));
      if (room.log !== null) this.#afterCommit.push(() => room.log?.evictOld());
      else if (room.usedAt < tooOld) this.#deleteRoom(room);
      else if (this.#shorten(room, tooOld)) return;
    }
  }

  stored(): void {
    this.#running = false;
    const tasks = this.#afterCommit;
    this.#afterCommit = [];
    for (const task of tasks) task();
    if (this.#unfinished && this.#store.overLimit()) this.step();
  }

  refused(): void {
    this.#running = false;
    this.#afterCommit = [];
  }

  /** Deletes rows of a deleted room. Returns true if there were any: that is enough for one step. */
  #deletePending(): boolean {
    const { tables, deleted } = this.#store;
    const room = this.pendingDeletes[0];
    if (room === undefined) return false;
    const last = tables.oldestEvents(room, SLICE_ROWS).at(-1);
    if (last !== undefined) {
      const { bytes } = tables.deleteEvents(room, last.seq, Number.MAX_SAFE_INTEGER);
      this.#afterCommit.push(() => deleted(bytes, 0));
      return true;
    }
    const replies = tables.deleteOldestReplies(room, SLICE_ROWS);
    if (replies > 0) this.#afterCommit.push(() => deleted(0, replies));
    else {
      tables.deleteRoom(room);
      this.#afterCommit.push(() => void this.pendingDeletes.shift());
    }
    return true;
  }

  #deleteGivenUp(): boolean {
    for (const room of this.#store.rooms()) {
      if (room.log === null && room.undeletedBytes > 0 && this.#shorten(room, Number.NEGATIVE_INFINITY)) return true;
    }
    return false;
  }

  #deleteRoom(room: Room): void {
    const { tables, now, lockMs, roomDeleted } = this.#store;
    tables.markDeleted(room.id);
    if (room.keyHash !== null) tables.insertReservation(room.name, room.keyHash, now() + lockMs);
    this.#afterCommit.push(() => roomDeleted(room));
  }

  /** Deletes what a room that is not open has given up, and what is too old. Returns true if there was anything. */
  #shorten(room: Room, tooOld: number): boolean {
    const { tables, now, dedupeMs, deleted } = this.#store;
    const oldest = tables.oldestEvents(room.id, SLICE_ROWS);
    // The newest event stays, however old: it holds the log's head.
    if (oldest.length < SLICE_ROWS) oldest.pop();
    let cost = 0;
    let last: number | undefined;
    for (const event of oldest) {
      if (cost >= room.undeletedBytes && event.at >= tooOld) break;
      cost += event.cost;
      last = event.seq;
    }
    if (last === undefined) return false;
    const { bytes, keptReplies } = tables.deleteEvents(room.id, last, now() - dedupeMs);
    this.#afterCommit.push(() => {
      deleted(bytes, -keptReplies);
      room.onDeleted(bytes);
    });
    return true;
  }
}
