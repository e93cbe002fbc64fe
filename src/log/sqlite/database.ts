import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { explain, StoreError, type StoreFault } from "../store-error.ts";

/** What an acknowledged write survives. `process`: the end of the process. `power`: a power failure too. */
export type Durability = "process" | "power";

export interface DatabaseOptions {
  readonly durability: Durability;
  /** The most pages of 4 KiB the file may have. Beyond that it is full, as if its disk were. Default: no limit. */
  readonly pageLimit?: number;
}

type Value = string | number | null;

/** A prepared statement whose rows are arrays, in the order of its columns. */
export interface Statement {
  /** Returns how many rows it changed. */
  run(...values: Value[]): number;
  rows(...values: Value[]): readonly (readonly unknown[])[];
  first(...values: Value[]): readonly unknown[] | undefined;
}

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const FAULTS: Readonly<Record<number, StoreFault>> = {
  5: "locked",
  6: "locked",
  8: "read_only",
  10: "unreachable",
  11: "damaged",
  13: "full",
  14: "unreachable",
  23: "read_only",
  26: "damaged",
};

/**
 * The only connection to a SQLite file, with an exclusive lock: two processes that number events of the same room would
 * corrupt it. Every call is synchronous; callers bound what one costs (docs/decisions/010).
 */
export class Database {
  readonly file: string;
  readonly #connection: DatabaseSync;
  readonly #begin: Statement;
  readonly #commit: Statement;

  /** Throws StoreError. */
  constructor(file: string, { durability, pageLimit }: DatabaseOptions) {
    this.file = file;
    this.#connection = this.#translated(() => new DatabaseSync(file, { timeout: 0 }));
    try {
      // Before the first read: the lock is then never released, and WAL needs no shared memory.
      this.exec("PRAGMA locking_mode = EXCLUSIVE");
      this.exec("PRAGMA journal_mode = WAL");
      this.exec(`PRAGMA synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
      if (pageLimit !== undefined) this.limitPages(pageLimit);
      this.#begin = this.prepare("BEGIN IMMEDIATE");
      this.#commit = this.prepare("COMMIT");
    } catch (error) {
      this.#connection.close();
      throw error;
    }
  }

  limitPages(pages: number): void {
    this.exec(`PRAGMA max_page_count = ${pages}`);
  }

  /** Runs statements that return no rows. Throws StoreError. */
  exec(sql: string): void {
    this.#translated(() => this.#connection.exec(sql));
  }

  /** Compiles a statement, to be kept and called often. Its calls throw StoreError. */
  prepare(sql: string): Statement {
    const statement = this.#translated(() => this.#connection.prepare(sql));
    statement.setReturnArrays(true);
    const rows = (row: unknown): readonly unknown[] => {
      if (!Array.isArray(row)) throw new TypeError("SQLite returned a row that is not an array.");
      return row;
    };
    return {
      run: (...values) => Number(this.#translated(() => statement.run(...values)).changes),
      rows: (...values) => this.#translated(() => statement.all(...values)).map(rows),
      first: (...values) => {
        const row: unknown = this.#translated(() => statement.get(...values));
        return row === undefined ? undefined : rows(row);
      },
    };
  }

  /** Runs `work` in a transaction. Everything is stored if this returns, and nothing if it throws. */
  transaction(work: () => void): void {
    this.#begin.run();
    try {
      work();
      this.#commit.run();
    } catch (error) {
      // Some errors, such as a full disk, have rolled it back already.
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** Runs a transaction that is on the disk when this returns. `durability`: of the transactions after it. */
  sync(work: () => void, durability: Durability): void {
    this.exec("PRAGMA synchronous = FULL");
    this.transaction(work);
    if (durability === "process") this.exec("PRAGMA synchronous = NORMAL");
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }

  #translated<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.file);
    }
  }
}

function storeError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return error;
  const fault = FAULTS[error.errcode & 0xff];
  return fault === undefined ? error : new StoreError(fault, explain(fault, file, error.message), error);
}

/** Returns an integer of a row. */
export function integerOf(value: unknown): number {
  if (typeof value !== "number") throw new TypeError(`SQLite returned ${typeof value} instead of a number.`);
  return value;
}

/** Returns a text of a row. */
export function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`SQLite returned ${typeof value} instead of a text.`);
  return value;
}

/**
 * The files that a connection holds open. On Unix they can be deleted, moved or replaced meanwhile: SQLite then keeps
 * writing to a file that can't be found again, and reports no error.
 */
export class HeldFiles {
  readonly #file: string;
  readonly #held: readonly { readonly path: string; readonly identity: string }[];

  /** Call it when both files exist: after the first commit. */
  constructor(file: string) {
    this.#file = file;
    this.#held = [file, `${file}-wal`].map((path) => ({ path, identity: identityOf(path) }));
  }

  /** Returns what happened to the files, or null. */
  lost(): StoreError | null {
    for (const { path, identity } of this.#held) {
      const found = identityOf(path);
      if (found === identity) continue;
      const what = found === "" ? "is gone" : "is another file";
      return new StoreError("lost", explain("lost", this.#file, `${path} ${what}`));
    }
    return null;
  }

  /** Returns why the files could not be opened again, or null. Writes are still stored, but the next start would fail. */
  refused(): StoreError | null {
    try {
      accessSync(dirname(this.#file), constants.W_OK);
      accessSync(this.#file, constants.R_OK | constants.W_OK);
      return null;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return new StoreError("read_only", explain("read_only", this.#file, detail), error);
    }
  }
}

/** Returns device and inode; empty if there is no file. */
function identityOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : `${found.dev}:${found.ino}`;
}
