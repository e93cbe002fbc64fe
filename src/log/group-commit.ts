import type { Core } from "../chat/core.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Database } from "./sqlite.ts";
import { StoreError, storeRefusal } from "./store-error.ts";

/** Something to be stored, together with all else of its turn. */
export interface Write {
  /** It needs new pages of the file, and room for them: once it is stored, a full disk is full no more. */
  readonly proves?: true;
  /** Makes its statements, inside the transaction. */
  apply(): void;
  /** It is stored. Must not throw. */
  stored(): void;
  /** It is not, nor is anything else of the turn. Must not throw. */
  refused(error: unknown): void;
}

/**
 * One transaction per turn of the event loop, for whatever was to be written in it: a commit costs the same for one
 * event as for a hundred. Nothing is told as stored before its commit has returned.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #core: Core;
  readonly #lost: () => StoreError | null;
  #waiting: Write[] = [];
  #marked = false;
  #closed = false;
  #failing = false;

  /** `lost`: why nothing that is written would be found again, or null; asked before each commit. */
  constructor(database: Database, core: Core, lost: () => StoreError | null = () => null) {
    this.#database = database;
    this.#lost = lost;
    this.#core = core;
  }

  /**
   * One has failed, and nothing since has proved that all is well: a full disk is reported once, not at every turn, and
   * though deletions and small writes may still go through.
   */
  get failing(): boolean {
    return this.#failing;
  }

  add(write: Write): void {
    if (this.#closed) {
      write.refused(new ProtocolError("draining", { retryAfterMs: 1_000 }));
      return;
    }
    this.#waiting.push(write);
    if (this.#marked) return;
    this.#marked = true;
    this.#core.defer(() => this.flush());
  }

  /** Stores at once what is waiting. */
  flush(): void {
    this.#marked = false;
    const writes = this.#waiting;
    if (writes.length === 0) return;
    this.#waiting = [];
    const began = this.#core.clock.monotonicNow();
    try {
      const lost = this.#lost();
      if (lost !== null) throw lost;
      this.#database.transaction(() => {
        for (const write of writes) write.apply();
      });
    } catch (error) {
      this.#core.meter.commitFailed();
      this.failed(error);
      const refusal = error instanceof StoreError ? storeRefusal(error) : error;
      for (const write of writes) write.refused(refusal);
      return;
    }
    this.#core.meter.committed(this.#core.clock.monotonicNow() - began);
    if (this.#failing && writes.some(({ proves }) => proves)) {
      this.#failing = false;
      this.#core.note("the store takes everything again");
    }
    for (const write of writes) write.stored();
  }

  /** Stores what is waiting and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.flush();
  }

  /** Reports what could not be written, unless something before it could not either. */
  failed(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#core.report(error);
  }
}
