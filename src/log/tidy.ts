import type { GroupCommit, Write } from "./group-commit.ts";
import type { Dropped, Tables } from "./sqlite-tables.ts";

/** No more rows than this are deleted in one turn, some 1 ms, or twice as many as have come since the last. */
export const SLICE = 500;

export interface TidyParts {
  readonly room: number;
  readonly tables: Tables;
  readonly commits: GroupCommit;
  /** By the store's clock. */
  readonly now: () => number;
  readonly dedupeMs: number;
  /** Everything up to this seq is deleted already. */
  readonly deleted: number;
  /** Everything up to this seq may be. */
  upTo(): number;
  /** The newest event. */
  head(): number;
  /** Reports the bytes deleted from the file, and the number of stored replies among them. */
  dropped(dropped: Dropped, replies: number): void;
}

/** Deletes what has left a log's window, a slice per turn, and what of the kept replies is old enough. */
export class Tidy implements Write {
  readonly #parts: TidyParts;
  #deleted: number;
  #slice = 0;
  #seenHead: number;
  #dropped: Dropped = { bytes: 0, replies: 0 };
  #replies = 0;
  #running = false;

  constructor(parts: TidyParts) {
    this.#parts = parts;
    this.#deleted = parts.deleted;
    this.#seenHead = parts.head();
  }

  /** Events that have left the window and are still in the file. */
  get backlog(): number {
    return this.#parts.upTo() - this.#deleted;
  }

  begin(): void {
    if (this.#running) return;
    this.#running = true;
    this.#parts.commits.add(this);
  }

  apply(): void {
    const { room, tables, now, dedupeMs } = this.#parts;
    const upTo = this.#parts.upTo();
    // Faster than events come, however fast that is.
    const head = this.#parts.head();
    const rows = Math.max(SLICE, 2 * (head - this.#seenHead));
    this.#seenHead = head;
    this.#slice = Math.min(upTo, this.#deleted + rows);
    const forgetBefore = now() - dedupeMs;
    this.#dropped = tables.dropEvents(room, this.#slice, forgetBefore);
    // Twice what can have come: it catches up with a backlog and never runs behind.
    this.#replies = tables.dropReplies(room, forgetBefore, 2 * rows);
  }

  stored(): void {
    this.#deleted = this.#slice;
    this.#running = false;
    this.#parts.dropped(this.#dropped, this.#replies);
    if (this.backlog >= SLICE) this.begin();
  }

  refused(): void {
    this.#running = false;
  }
}
