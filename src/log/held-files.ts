import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { explain, StoreError } from "./store-error.ts";

/**
 * The files that a SQLite connection holds open. On Unix they can be deleted, moved or replaced meanwhile: SQLite then
 * goes on writing to a file that nobody will find again, and reports no error.
 */
export class HeldFiles {
  readonly #file: string;
  readonly #held: readonly { readonly path: string; readonly identity: string }[];

  /** Call it when both exist: after the first commit. */
  constructor(file: string) {
    this.#file = file;
    this.#held = [file, `${file}-wal`].map((path) => ({ path, identity: identityOf(path) }));
  }

  /** What happened to them, or null. */
  lost(): StoreError | null {
    for (const { path, identity } of this.#held) {
      const found = identityOf(path);
      if (found === identity) continue;
      const what = found === "" ? "is gone" : "is another file";
      return new StoreError("lost", explain("lost", this.#file, `${path} ${what}`));
    }
    return null;
  }

  /** Why they could not be opened again, or null. What is written now is stored, but the next start would fail. */
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

/** Empty: there is none. */
function identityOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : `${found.dev}:${found.ino}`;
}
