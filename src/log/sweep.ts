import type { GroupCommit, Write } from "./group-commit.ts";
import type { KeptRoom } from "./kept-rooms.ts";
import type { SqliteLog } from "./sqlite-log.ts";
import type { Tables } from "./sqlite-tables.ts";
import { SLICE } from "./tidy.ts";

/** A room in the file. */
export interface RoomInFile extends KeptRoom {
  readonly id: number;
  readonly log: SqliteLog | null;
  /** While its log is not open: what its oldest events take that it has given up and that are not deleted yet. */
  readonly owed: number;
  /** Reports the bytes of the oldest events that were deleted from a room that is not open. */
  deleted(bytes: number): void;
}

export interface SweepParts<Room extends RoomInFile> {
  readonly tables: Tables;
  readonly commits: GroupCommit;
  /** By the store's clock. */
  readonly now: () => number;
  readonly replayMs: number;
  readonly dedupeMs: number;
  readonly lockMs: number;
  rooms(): Iterable<Room>;
  /** The file is larger than it should be: what can be deleted is deleted at every turn. */
  pressed(): boolean;
  /** Reports the bytes of events and the number of replies that were deleted; a negative number of replies was added. */
  dropped(bytes: number, replies: number): void;
  /** A room that is not open was given up. */
  gone(room: Room): void;
}

/** How many rooms are looked at in one step. */
const ROOMS = 20;

/**
 * Deletes what is too old, what closed rooms have given up, and what belonged to rooms that are gone: a little at each
 * step, whoever is there. A step follows the last one at once while the file is larger than it should be.
 */
export class Sweep<Room extends RoomInFile> implements Write {
  /** Ids of rooms given up whose rows are still in the file. */
  readonly remains: number[];
  readonly #parts: SweepParts<Room>;
  #round: Iterator<Room>;
  #settle: (() => void)[] = [];
  #running = false;
  #busy = false;

  constructor(parts: SweepParts<Room>, remains: number[]) {
    this.#parts = parts;
    this.remains = remains;
    this.#round = parts.rooms()[Symbol.iterator]();
  }

  step(): void {
    if (this.#running) return;
    this.#running = true;
    this.#parts.commits.add(this);
  }

  apply(): void {
    const { tables, now, replayMs, dedupeMs, pressed } = this.#parts;
    tables.dropEnded(now(), SLICE);
    tables.dropLocks(now());
    this.#busy = this.#dropRemains() || (pressed() && this.#dropOwed());
    if (this.#busy) return;
    const tooOld = now() - replayMs;
    for (let looked = 0; looked < ROOMS; looked += 1) {
      const { value: room, done } = this.#round.next();
      if (done === true) {
        this.#round = this.#parts.rooms()[Symbol.iterator]();
        return;
      }
      const replies = tables.dropReplies(room.id, now() - dedupeMs, SLICE);
      if (replies > 0) this.#settle.push(() => this.#parts.dropped(0, replies));
      if (room.log !== null) this.#settle.push(() => room.log?.age());
      else if (room.usedAt < tooOld) this.#giveUp(room);
      else if (this.#shorten(room, tooOld)) return;
    }
  }

  stored(): void {
    this.#running = false;
    const settle = this.#settle;
    this.#settle = [];
    for (const step of settle) step();
    if (this.#busy && this.#parts.pressed()) this.step();
  }

  refused(): void {
    this.#running = false;
    this.#settle = [];
  }

  /** True when there was something: that is enough for one step. */
  #dropRemains(): boolean {
    const { tables, dropped } = this.#parts;
    const room = this.remains[0];
    if (room === undefined) return false;
    const last = tables.front(room, SLICE).at(-1);
    if (last !== undefined) {
      const { bytes } = tables.dropEvents(room, last.seq, Number.MAX_SAFE_INTEGER);
      this.#settle.push(() => dropped(bytes, 0));
      return true;
    }
    const replies = tables.dropAnyReplies(room, SLICE);
    if (replies > 0) this.#settle.push(() => dropped(0, replies));
    else {
      tables.dropRoom(room);
      this.#settle.push(() => void this.remains.shift());
    }
    return true;
  }

  #dropOwed(): boolean {
    for (const room of this.#parts.rooms()) {
      if (room.log === null && room.owed > 0 && this.#shorten(room, Number.NEGATIVE_INFINITY)) return true;
    }
    return false;
  }

  #giveUp(room: Room): void {
    const { tables, now, lockMs, gone } = this.#parts;
    tables.giveUpRoom(room.id);
    if (room.lock !== null) tables.insertLock(room.name, room.lock, now() + lockMs);
    this.#settle.push(() => gone(room));
  }

  /** Deletes what a room that is not open owes, and what is too old of it; true when there was something. */
  #shorten(room: Room, tooOld: number): boolean {
    const { tables, now, dedupeMs, dropped } = this.#parts;
    const front = tables.front(room.id, SLICE);
    // The newest event stays, however old: it says where the log stands.
    if (front.length < SLICE) front.pop();
    let cost = 0;
    let last: number | undefined;
    for (const event of front) {
      if (cost >= room.owed && event.at >= tooOld) break;
      cost += event.cost;
      last = event.seq;
    }
    if (last === undefined) return false;
    const { bytes, replies } = tables.dropEvents(room.id, last, now() - dedupeMs);
    this.#settle.push(() => {
      dropped(bytes, -replies);
      room.deleted(bytes);
    });
    return true;
  }
}
