import type { Core } from "../../chat/core.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { StoreError, storeRefusal } from "../store-error.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** A write that is stored together with all others of its turn. */
export interface Write {
  /** The write needs new pages in the file: once it is stored, the disk is no longer full. */
  readonly provesSpace?: true;
  /** Runs its statements, inside the transaction. */
  apply(): void;
  /** Called once it is stored. Must not throw. */
  stored(): void;
  /** Called if nothing of the turn was stored. Must not throw. */
  refused(error: unknown): void;
}

/**
 * Commits once per turn of the event loop: a commit costs the same for one event as for a hundred. Nothing is
 * acknowledged before its commit has returned.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #core: Core;
  readonly #lost: () => StoreError | null;
  #pending: Write[] = [];
  #scheduled = false;
  #closed = false;
  #failing = false;

  /** `lost` returns why what is written now could not be read after a restart, or null. Called before each commit. */
  constructor(database: Database, core: Core, lost: () => StoreError | null = () => null) {
    this.#database = database;
    this.#core = core;
    this.#lost = lost;
  }

  /**
   * True from a failed commit until a write that proves space is stored. Deletions and small writes may succeed in
   * between, so they don't end it: a full disk is reported once, not every turn.
   */
  get failing(): boolean {
    return this.#failing;
  }

  add(write: Write): void {
    if (this.#closed) {
      write.refused(new ProtocolError("draining", { retryAfterMs: 1_000 }));
      return;
    }
    this.#pending.push(write);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#core.defer(() => this.flush());
  }

  /** Commits pending writes now. */
  flush(): void {
    this.#scheduled = false;
    const writes = this.#pending;
    if (writes.length === 0) return;
    this.#pending = [];
    const begun = this.#core.clock.monotonicNow();
    try {
      const lost = this.#lost();
      if (lost !== null) throw lost;
      this.#database.transaction(() => {
        for (const write of writes) write.apply();
      });
    } catch (error) {
      this.#core.meter.commitFailed();
      this.reportFailure(error);
      const refusal = error instanceof StoreError ? storeRefusal(error) : error;
      for (const write of writes) write.refused(refusal);
      return;
    }
    this.#core.meter.committed(this.#core.clock.monotonicNow() - begun);
    if (this.#failing && writes.some(({ provesSpace }) => provesSpace)) {
      this.#failing = false;
      this.#core.note("store recovered");
    }
    for (const write of writes) write.stored();
  }

  /** Commits pending writes and refuses all later ones. */
  close(): void {
    this.#closed = true;
    this.flush();
  }

  /** Reports a failed write unless an earlier failure still lasts. */
  reportFailure(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#core.report(error);
  }
}

/** Name of the probe's row in the file. */
const PROBE = "probe";
/** Over a page of 4 KiB: it needs a free page, however much room the pages in use have. */
const PROBE_TEXT = "x".repeat(8_192);
/** Requests within this many ms share a result, so that probing is no load of its own. */
const PROBE_EVERY_MS = 1_000;

/** Tests whether the file accepts new data, by storing some and deleting it. */
export class StoreProbe {
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  readonly #core: Core;
  readonly #refused: () => StoreError | null;
  #last: { readonly at: number; readonly result: Promise<void> } | null = null;

  /** `refused` returns why the file could not be opened again, or null. */
  constructor(tables: Tables, commits: GroupCommit, core: Core, refused: () => StoreError | null) {
    this.#tables = tables;
    this.#commits = commits;
    this.#core = core;
    this.#refused = refused;
  }

  /** Resolves if data was stored. Rejects with the ProtocolError that any other write would get. */
  check(): Promise<void> {
    const at = this.#core.clock.monotonicNow();
    if (this.#last === null || at - this.#last.at >= PROBE_EVERY_MS) this.#last = { at, result: this.#store() };
    return this.#last.result;
  }

  #store(): Promise<void> {
    const refused = this.#refused();
    if (refused !== null) {
      this.#commits.reportFailure(refused);
      return Promise.reject(storeRefusal(refused));
    }
    return new Promise((resolve, reject) => {
      this.#commits.add({
        provesSpace: true,
        apply: () => this.#tables.setMeta(PROBE, PROBE_TEXT),
        stored: () => {
          resolve();
          this.#delete();
        },
        refused: reject,
      });
    });
  }

  #delete(): void {
    // If the deletion fails, the next probe overwrites the row.
    const ignored = (): void => {};
    this.#commits.add({ apply: () => this.#tables.deleteMeta(PROBE), stored: ignored, refused: ignored });
  }
}
