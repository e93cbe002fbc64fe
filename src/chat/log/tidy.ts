import type { GroupCommit, Write } from "./group-commit.ts";
import type { Tables } from "./sqlite-tables.ts";

/** No more rows than this are deleted in one turn: some 1 ms. */
export const SLICE = 500;

export interface TidyParts {
  readonly room: number;
  readonly tables: Tables;
  readonly commits: GroupCommit;
  readonly now: () => number;
  readonly dedupeMs: number;
  /** Everything up to this seq is deleted already. */
  readonly deleted: number;
  /** Everything up to this seq may be. */
  upTo(): number;
}

/** Deletes what has left a log's window, a slice per turn, and what of the kept replies is old enough. */
export class Tidy implements Write {
  readonly #parts: TidyParts;
  #deleted: number;
  #slice = 0;
  #running = false;

  constructor(parts: TidyParts) {
    this.#parts = parts;
    this.#deleted = parts.deleted;
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
    this.#slice = Math.min(this.#parts.upTo(), this.#deleted + SLICE);
    const forgetBefore = now() - dedupeMs;
    tables.dropEvents(room, this.#slice, forgetBefore);
    // Twice what can have come: it catches up with a backlog and never runs behind.
    tables.dropReplies(room, forgetBefore, 2 * SLICE);
  }

  stored(): void {
    this.#deleted = this.#slice;
    this.#running = false;
    if (this.backlog >= SLICE) this.begin();
  }

  refused(): void {
    this.#running = false;
  }
}
