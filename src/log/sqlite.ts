import { DatabaseSync } from "node:sqlite";
import { explain, StoreError, type StoreFault } from "./store-error.ts";

/** `process`: what is acknowledged survives the end of the process. `power`: it survives the end of the machine's power too. */
export type Durability = "process" | "power";

export interface DatabaseOptions {
  readonly durability: Durability;
  /** The most pages of 4 KiB the file may have; beyond that it is full, as its disk would be. Default: no limit. */
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
 * The one connection to a SQLite file, held for itself alone: a second process that numbered the same rooms would tear
 * them apart. Every call is synchronous; what one may cost is bounded by who makes it (docs/decisions/010).
 */
export class Database {
  readonly file: string;
  readonly #connection: DatabaseSync;
  readonly #begin: Statement;
  readonly #commit: Statement;

  /** Throws StoreError. */
  constructor(file: string, { durability, pageLimit }: DatabaseOptions) {
    this.file = file;
    this.#connection = this.#told(() => new DatabaseSync(file, { timeout: 0 }));
    try {
      // Before the first read: the lock is then never given back, and WAL needs no memory shared with others.
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

  /** Runs statements that give no rows. Throws StoreError. */
  exec(sql: string): void {
    this.#told(() => this.#connection.exec(sql));
  }

  /** Compiles a statement; keep it. Its calls throw StoreError. */
  prepare(sql: string): Statement {
    const statement = this.#told(() => this.#connection.prepare(sql));
    statement.setReturnArrays(true);
    const rows = (given: unknown): readonly unknown[] => {
      if (!Array.isArray(given)) throw new TypeError("SQLite gave a row that is no array");
      return given;
    };
    return {
      run: (...values) => Number(this.#told(() => statement.run(...values)).changes),
      rows: (...values) => this.#told(() => statement.all(...values)).map(rows),
      first: (...values) => {
        const row: unknown = this.#told(() => statement.get(...values));
        return row === undefined ? undefined : rows(row);
      },
    };
  }

  /** All of `work` is stored when this returns, or nothing of it when it throws. */
  transaction(work: () => void): void {
    this.#begin.run();
    try {
      work();
      this.#commit.run();
    } catch (error) {
      // A full disk and the like have rolled it back already.
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** One transaction that is on the disk when this returns, whatever the durability. */
  sync(work: () => void, durability: Durability): void {
    this.exec("PRAGMA synchronous = FULL");
    this.transaction(work);
    if (durability === "process") this.exec("PRAGMA synchronous = NORMAL");
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }

  #told<Result>(work: () => Result): Result {
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

/** A whole number out of a row. */
export function integerOf(value: unknown): number {
  if (typeof value !== "number") throw new TypeError(`SQLite gave ${typeof value} where a number was stored`);
  return value;
}

/** A text out of a row. */
export function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`SQLite gave ${typeof value} where a text was stored`);
  return value;
}
