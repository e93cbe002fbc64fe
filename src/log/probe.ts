import type { Core } from "../chat/core.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Tables } from "./sqlite-tables.ts";
import { type StoreError, storeRefusal } from "./store-error.ts";

/** Under this name the probe's text stands in the file for a moment. */
const FACT = "probe";
/** More than a page of 4 KiB: it can't be stored without a free page, however much room the pages in use have left. */
const FILLER = "x".repeat(8_192);
/** Whoever asks so soon after another gets the same answer: asking must not become a load of its own. */
const FRESH_MS = 1_000;

/** Finds out whether the file takes something new, by storing it and deleting it again. */
export class Probe {
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  readonly #core: Core;
  readonly #refused: () => StoreError | null;
  #last: { readonly at: number; readonly answer: Promise<void> } | null = null;

  /** `refused`: why the file could not be opened again, or null. */
  constructor(tables: Tables, commits: GroupCommit, core: Core, refused: () => StoreError | null = () => null) {
    this.#tables = tables;
    this.#refused = refused;
    this.#commits = commits;
    this.#core = core;
  }

  /** Resolves when it was stored. Rejects with what every other write would be refused with. */
  ask(): Promise<void> {
    const at = this.#core.clock.monotonicNow();
    if (this.#last === null || at - this.#last.at >= FRESH_MS) this.#last = { at, answer: this.#try() };
    return this.#last.answer;
  }

  #try(): Promise<void> {
    const refused = this.#refused();
    if (refused !== null) {
      this.#commits.failed(refused);
      return Promise.reject(storeRefusal(refused));
    }
    return new Promise((resolve, reject) => {
      this.#commits.add({
        proves: true,
        apply: () => this.#tables.setFact(FACT, FILLER),
        stored: () => {
          resolve();
          this.#remove();
        },
        refused: reject,
      });
    });
  }

  #remove(): void {
    // What can't be deleted is overwritten by the next probe.
    const ignored = (): void => {};
    this.#commits.add({ apply: () => this.#tables.dropFact(FACT), stored: ignored, refused: ignored });
  }
}
