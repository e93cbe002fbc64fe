import type { GroupCommit, Write } from "./group-commit.ts";
import type { SqliteLog } from "./sqlite-log.ts";
import type { Tables } from "./sqlite-tables.ts";
import { SLICE } from "./tidy.ts";

/** A room in the file, whether its log is open or not. */
export interface KeptRoom {
  readonly id: number;
  readonly name: string;
  /** Bytes of its events while its log is not open. */
  bytes: number;
  /** Milliseconds since 1970: its newest event, or when it was made. */
  usedAt: number;
  log: SqliteLog | null;
}

export interface SweepParts {
  readonly tables: Tables;
  readonly commits: GroupCommit;
  readonly now: () => number;
  readonly replayMs: number;
  readonly dedupeMs: number;
  rooms(): Iterable<KeptRoom>;
  /** So many bytes of a room that is not open are no longer there. */
  shrunk(room: KeptRoom, bytes: number): void;
  /** A room that is not open was given up. */
  gone(room: KeptRoom): void;
}

/** How many rooms are looked at in one step. */
const ROOMS = 20;

/** Deletes what is too old, and what belonged to rooms that were given up: a little at each step, whoever is there. */
export class Sweep implements Write {
  /** Ids of rooms given up whose rows are still in the file. */
  readonly remains: number[];
  readonly #parts: SweepParts;
  #round: Iterator<KeptRoom>;
  #settle: (() => void)[] = [];
  #running = false;

  constructor(parts: SweepParts, remains: number[]) {
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
    const { tables, now, replayMs, dedupeMs } = this.#parts;
    tables.dropEnded(now(), SLICE);
    if (this.#dropRemains()) return;
    const tooOld = now() - replayMs;
    for (let looked = 0; looked < ROOMS; looked += 1) {
      const { value: room, done } = this.#round.next();
      if (done === true) {
        this.#round = this.#parts.rooms()[Symbol.iterator]();
        return;
      }
      tables.dropReplies(room.id, now() - dedupeMs, SLICE);
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
  }

  refused(): void {
    this.#running = false;
    this.#settle = [];
  }

  /** True when there was something: that is enough for one step. */
  #dropRemains(): boolean {
    const { tables } = this.#parts;
    const room = this.remains[0];
    if (room === undefined) return false;
    const front = tables.front(room, SLICE);
    const last = front.at(-1);
    if (last !== undefined) tables.dropEvents(room, last.seq, Number.MAX_SAFE_INTEGER);
    else if (!tables.dropAnyReplies(room, SLICE)) {
      tables.dropRoom(room);
      this.#settle.push(() => void this.remains.shift());
    }
    return true;
  }

  #giveUp(room: KeptRoom): void {
    this.#parts.tables.giveUpRoom(room.id);
    this.#settle.push(() => this.#parts.gone(room));
  }

  /** Deletes the too old events of a room that is not open; true when that was a whole slice. */
  #shorten(room: KeptRoom, tooOld: number): boolean {
    const { tables, now, dedupeMs } = this.#parts;
    const front = tables.front(room.id, SLICE);
    const fresh = front.findIndex(({ at }) => at >= tooOld);
    // The newest event stays, however old: it says where the log stands.
    const old = front.slice(0, fresh);
    const last = old.at(-1);
    if (last === undefined) return false;
    tables.dropEvents(room.id, last.seq, now() - dedupeMs);
    const bytes = old.reduce((sum, event) => sum + event.bytes, 0);
    this.#settle.push(() => this.#parts.shrunk(room, bytes));
    return front.length === SLICE;
  }
}
