import { randomBytes } from "node:crypto";
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Core } from "../chat/core.ts";
import type { Store } from "../chat/ports.ts";
import { bootName } from "./boot.ts";
import { MemoryStore } from "./memory-store.ts";
import { keptSecret } from "./secret.ts";
import type { StoreSpec } from "./spec.ts";
import { explain, StoreError } from "./store-error.ts";
import { systemFault } from "./system-fault.ts";

export interface OpenedStore {
  readonly store: Store;
  /** The key of session tokens: the one given, else one that lives as long as the store. */
  readonly secret: string;
}

/** Opens a store and finds the secret that goes with it. Rejects with StoreError, whose message is one line for the operator. */
export async function openStore(spec: StoreSpec, core: Core, secret: string | undefined): Promise<OpenedStore> {
  switch (spec.kind) {
    case "memory":
      return { store: new MemoryStore(core), secret: secret ?? randomBytes(32).toString("hex") };
    case "sqlite": {
      const { file, durability = "process", pageLimit } = spec;
      refuseSpecialNames(file);
      makeReady(file);
      // Only now: versions of Node without node:sqlite can still have rooms in memory.
      const { SqliteStore } = await import("./sqlite-store.ts");
      const limit = pageLimit === undefined ? {} : { pageLimit };
      const store = new SqliteStore({ file, durability, boot: bootName(), ...limit }, core);
      try {
        return { store, secret: secret ?? keptSecret(`${file}.secret`) };
      } catch (error) {
        void store.close();
        throw error;
      }
    }
  }
}

/** Throws for names that SQLite takes for something else than a file: it would keep nothing. */
function refuseSpecialNames(file: string): void {
  const isSpecial = file.trim() === "" || file.startsWith(":") || /^file:/i.test(file) || file.includes("\0");
  if (!isSpecial) return;
  throw new StoreError(
    "foreign",
    `"sqlite:${file.replaceAll("\0", "\\0")}" names no file, so nothing would be kept. Use --store memory to keep nothing on purpose, or name a file, as in --store sqlite:data/skyrocket.db.`,
  );
}

/**
 * Makes the folder, for its owner alone: what is said in the rooms stands in it. And asks the system whether it may be
 * written, whose answer is plainer than SQLite's.
 */
function makeReady(file: string): void {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isFile()) throw new Error(found.isDirectory() ? "it is a folder" : "it is not a regular file");
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    const { fault, detail } = systemFault(error);
    throw new StoreError(fault, explain(fault, file, detail), error);
  }
}
