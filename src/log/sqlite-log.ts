import type { Position } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { NumberedEvent } from "../protocol/events.ts";
import type { Epoch } from "../protocol/ids.ts";
import { type Draft, NOTHING_KEPT, type Read, type ReadLimit, type Recollection, type RoomLog } from "./contract.ts";
import { costInFile, sizeOf } from "./cost.ts";
import type { GroupCommit } from "./group-commit.ts";
import { numbered } from "./numbered.ts";
import type { Tables } from "./sqlite-tables.ts";
import { StoreError, storeRefusal } from "./store-error.ts";
import { Tidy } from "./tidy.ts";
import type { EventWindow } from "./window.ts";

/** Events that have left the window are deleted in groups of this size: a deletion per append would double its cost. */
const TIDY_EVENTS = 256;

export interface SqliteLogParts {
  readonly room: number;
  readonly epoch: Epoch;
  /** The seq after which its epoch began. */
  readonly began: number;
  readonly window: EventWindow;
  /** Everything up to this seq is no longer in the file. */
  readonly deleted: number;
  /** What its events take in the file, those that are not in the window included. */
  readonly used: number;
  readonly recollection: Recollection;
  readonly tables: Tables;
  readonly commits: GroupCommit;
  /** By the store's clock. */
  readonly now: () => number;
  readonly wallNow: () => number;
  readonly replayMs: number;
  readonly dedupeMs: number;
  readonly report: (error: unknown) => void;
  /** An event that takes so much has been stored. */
  readonly stored: (cost: number) => void;
  /** Reports the bytes of events and the number of replies that were deleted; a negative number of replies was added. */
  readonly dropped: (bytes: number, replies: number) => void;
  /** Told when it is closed. */
  readonly closed: () => void;
}

/**
 * A log in a SQLite file. What was appended since it was opened is in memory as well, as far as the replay window goes,
 * so readers at the head never touch the file; what is older is read from it.
 */
export class SqliteLog implements RoomLog {
  readonly epoch: Epoch;
  readonly #parts: SqliteLogParts;
  readonly #window: EventWindow;
  readonly #tidy: Tidy;
  #recollection: Recollection;
  /** The last seq given out; those above `head` are waiting for their commit. */
  #given: number;
  /** Something of it could not be read, which has been reported. */
  #damaged = false;
  #used: number;
  #listener: ((event: NumberedEvent, bytes: number) => void) | null = null;

  constructor(parts: SqliteLogParts) {
    this.epoch = parts.epoch;
    this.#parts = parts;
    this.#window = parts.window;
    this.#recollection = parts.recollection;
    this.#given = parts.window.head;
    this.#used = parts.used;
    this.#tidy = new Tidy({
      ...parts,
      upTo: () => this.#deletable,
      head: () => this.head,
      dropped: ({ bytes, replies }, gone) => {
        this.#used -= bytes;
        parts.dropped(bytes, gone - replies);
      },
    });
  }

  get head(): number {
    return this.#window.head;
  }

  get oldest(): number {
    return this.#window.oldest;
  }

  get bytes(): number {
    return this.#window.bytes;
  }

  recall(): Recollection {
    const recollection = this.#recollection;
    // The room has it now; kept here as well it would live as long as the room.
    this.#recollection = NOTHING_KEPT;
    return recollection;
  }

  listen(listener: (event: NumberedEvent, bytes: number) => void): void {
    this.#listener = listener;
  }

  append(draft: Draft): Promise<NumberedEvent> {
    const { room, tables, commits, now, wallNow } = this.#parts;
    const at = now();
    this.#given += 1;
    const event = numbered(draft, this.#given, wallNow());
    const body = JSON.stringify(event);
    const bytes = sizeOf(body);
    const [member, command] = event.type === "message" ? [event.from.id, event.id] : [null, null];
    return new Promise((resolve, reject) => {
      commits.add({
        apply: () => tables.insertEvent(room, { seq: event.seq, at, bytes, member, command, body: null }, body),
        stored: () => {
          this.#take(event, bytes, at);
          resolve(event);
        },
        refused: (error) => {
          // All that was given out with it is refused as well: the next append takes its place.
          this.#given = this.head;
          reject(error);
        },
      });
    });
  }

  async read(after: Position, limit: ReadLimit): Promise<Read> {
    const { oldest } = this;
    if (after.epoch !== this.epoch || after.seq > this.head) return this.#gap(null);
    if (after.seq < oldest - 1) return this.#gap(oldest - 1 - after.seq);
    const { to, bytes } = this.#window.stretch(after.seq, limit);
    try {
      return { kind: "events", events: this.#slice(after.seq + 1, to), bytes };
    } catch (error) {
      if (!(error instanceof ProtocolError && error.code === "internal")) throw error;
      // It can't be read today nor tomorrow: who waits for it would come back for ever.
      if (!this.#damaged) this.#parts.report(error.cause);
      this.#damaged = true;
      const held = this.#firstInMemory;
      return { kind: "gap", position: { epoch: this.epoch, seq: held - 1 }, missed: held - 1 - after.seq };
    }
  }

  async before(seq: number, limit: number, bytes = Number.POSITIVE_INFINITY): Promise<readonly NumberedEvent[]> {
    const end = Math.min(seq, this.head);
    return this.#slice(this.#window.reach(end, limit, bytes), end);
  }

  /** What its events take, without those that left the window. */
  get cost(): number {
    return this.#window.cost;
  }

  /** What may go of that. */
  get spare(): number {
    return this.#window.spare;
  }

  /** What events take that left the window and are still in the file. */
  get owed(): number {
    return Math.max(0, this.#used - this.#window.cost);
  }

  /** Gives up its oldest events, and begins to delete them. Returns how many bytes are free. */
  shorten(bytes: number): number {
    const freed = this.#window.shorten(bytes);
    if (this.#tidy.backlog > 0) this.#tidy.begin();
    return freed;
  }

  /** Drops from the window what is too old, and deletes it from the file. */
  age(): void {
    this.#window.evict(this.#notBefore());
    if (this.#tidy.backlog > 0) this.#tidy.begin();
  }

  close(): Promise<void> {
    this.age();
    this.#parts.commits.flush();
    this.#listener = null;
    this.#parts.closed();
    return Promise.resolve();
  }

  /** The newest event is never deleted: it says where the log stands. */
  get #deletable(): number {
    return Math.min(this.oldest, this.head) - 1;
  }

  #take(event: NumberedEvent, bytes: number, at: number): void {
    this.#window.push({ event, bytes, at });
    this.#used += costInFile(bytes);
    this.#parts.stored(costInFile(bytes));
    this.#window.evict(this.#notBefore());
    if (this.#tidy.backlog >= TIDY_EVENTS) this.#tidy.begin();
    this.#listener?.(event, bytes);
  }

  #notBefore(): number {
    return this.#parts.now() - this.#parts.replayMs;
  }

  /** From memory where that has them all; the file has them in any case. Throws ProtocolError. */
  #slice(from: number, to: number): NumberedEvent[] {
    const events: NumberedEvent[] = [];
    // The newest is looked at first: only what is at the beginning can be missing in memory.
    for (let seq = to; seq >= from; seq -= 1) {
      const { event } = this.#window.entry(seq);
      if (event === null) return [...this.#stored(from, seq), ...events.reverse()];
      events.push(event);
    }
    return events.reverse();
  }

  #stored(from: number, to: number): NumberedEvent[] {
    try {
      return this.#parts.tables.bodies(this.#parts.room, from, to).map((body) => {
        const event: NumberedEvent = JSON.parse(body);
        return event;
      });
    } catch (error) {
      throw error instanceof StoreError ? storeRefusal(error) : new ProtocolError("internal", { cause: error });
    }
  }

  get #firstInMemory(): number {
    let seq = this.head + 1;
    while (seq > this.oldest && this.#window.entry(seq - 1).event !== null) seq -= 1;
    return seq;
  }

  #gap(missed: number | null): Read {
    // Readers of another epoch have had what came before this one, or believe they have had something else.
    const seq = missed === null ? Math.max(this.oldest - 1, this.#parts.began) : this.oldest - 1;
    return { kind: "gap", position: { epoch: this.epoch, seq }, missed };
  }
}
