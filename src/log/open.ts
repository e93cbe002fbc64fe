import { randomBytes } from "node:crypto";
import { accessSync, constants, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Core } from "../chat/core.ts";
import type { Store } from "../chat/log-port.ts";
import { MemoryStore } from "./memory.ts";
import { parseRedisAddress } from "./redis/address.ts";
import type { Durability } from "./sqlite/database.ts";
import { codeOf, fileError, StoreError } from "./store-error.ts";

/** Users who are neither the owner nor in the file's group. Kubernetes gives a volume's files to a group (`fsGroup`). */
const OTHERS = 0o007;

/** The least length of a secret. */
const LEAST_CHARACTERS = 16;

/** Where rooms and revoked sessions are stored. */
export type StoreSpec =
  /** In memory: they end with the process. */
  | { readonly kind: "memory" }
  | {
      readonly kind: "sqlite";
      /**
       * Its folder is created. SQLite keeps FILE-wal beside it while it is in use. The server keeps its secret in
       * FILE.secret, if none is given.
       */
      readonly file: string;
      /** What an acknowledged message survives: the end of the process (default), or a power failure. */
      readonly durability?: Durability;
      /** The most pages of 4 KiB the file may have. Default: no limit. */
      readonly pageLimit?: number;
    }
  | {
      /** Shared by all processes that name the same Redis and prefix. */
      readonly kind: "redis";
      /** `redis://`, `rediss://` or `redis+sentinel://`, with credentials if Redis asks for some. */
      readonly url: string;
      /** Begins every key and channel. */
      readonly prefix: string;
      /** `power` refuses a Redis that does not write each change to the disk before it replies (`appendfsync always`). */
      readonly durability: Durability;
    };

/**
 * Parses `memory`, `sqlite:FILE` or an address of Redis. Returns null for anything else. Throws StoreError for an address
 * of Redis that can't be used; its message does not repeat the address, which can contain a password.
 */
export function parseStoreSpec(text: string, durability: Durability, prefix: string): StoreSpec | null {
  if (text === "memory") return { kind: "memory" };
  if (/^rediss?(\+sentinel)?:/.test(text)) {
    parseRedisAddress(text);
    return withHiddenUrl({ kind: "redis", url: text, prefix, durability });
  }
  const file = /^sqlite:(.+)$/s.exec(text)?.[1];
  return file === undefined ? null : { kind: "sqlite", file, durability };
}

/** Keeps an address with a password out of `inspect`, JSON, and so out of logs. */
function withHiddenUrl(spec: Extract<StoreSpec, { readonly kind: "redis" }>): StoreSpec {
  return Object.defineProperty(spec, "url", { enumerable: false });
}

export interface OpenedStore {
  readonly store: Store;
  /** Signs session tokens: the secret that was given, or else one that lasts as long as the store. */
  readonly secret: string;
}

/** Opens a store and its secret. Rejects with StoreError, whose message is one line for the operator. */
export async function openStore(spec: StoreSpec, core: Core, secret: string | undefined): Promise<OpenedStore> {
  switch (spec.kind) {
    case "memory":
      return { store: new MemoryStore(core), secret: secret ?? randomBytes(32).toString("hex") };
    case "sqlite": {
      const { file, durability = "process", pageLimit } = spec;
      refuseSpecialNames(file);
      prepareFolder(file);
      // Imported here: Node without node:sqlite can still store rooms in memory.
      const { SqliteStore } = await import("./sqlite/store.ts");
      const { bootId } = await import("./sqlite/run-marker.ts");
      const limit = pageLimit === undefined ? {} : { pageLimit };
      const store = new SqliteStore({ file, durability, boot: bootId(), ...limit }, core);
      try {
        return { store, secret: secret ?? storedSecret(`${file}.secret`) };
      } catch (error) {
        void store.close();
        throw error;
      }
    }
    case "redis": {
      const { url, prefix, durability } = spec;
      // Imported here: the other stores need no Redis client in memory.
      const { openRedisStore } = await import("./redis/store.ts");
      return openRedisStore({ url, prefix, durability }, core, secret);
    }
  }
}

/** Throws for names that don't mean a file to SQLite: nothing would be stored. */
function refuseSpecialNames(file: string): void {
  const isSpecial = file.trim() === "" || file.startsWith(":") || /^file:/i.test(file) || file.includes("\0");
  if (!isSpecial) return;
  throw new StoreError(
    "foreign",
    `"sqlite:${file.replaceAll("\0", "\\0")}" names no file, so nothing would be kept. Use --store memory to keep nothing on purpose, or name a file, as in --store sqlite:data/skyrocket.db.`,
  );
}

/**
 * Creates the folder, for its owner alone because it will contain all messages. Checks that it can be written: the
 * system's errors are clearer than SQLite's.
 */
function prepareFolder(file: string): void {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isFile()) throw new Error(found.isDirectory() ? "it is a folder" : "it is not a regular file");
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw fileError(file, error);
  }
}

/**
 * Returns the secret in a file, created if there is none, so that sessions outlive the process as rooms do. Throws
 * StoreError if the file can't be read or created, is too short, or is open to other users in any way.
 */
function storedSecret(file: string): string {
  try {
    const made = randomBytes(32).toString("hex");
    try {
      // Never overwrites: two processes that start at once both use what the first one wrote.
      writeFileSync(file, `${made}\n`, { mode: 0o600, flag: "wx" });
      return made;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
    return readSecret(file);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw fileError(file, error);
  }
}

function readSecret(file: string): string {
  const mode = statSync(file).mode & 0o777;
  if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
    throw new StoreError(
      "foreign",
      `${file}, which signs sessions, is open to other users (mode ${mode.toString(8)}). Run \`chmod 600\` on it, or delete it to end all sessions.`,
    );
  }
  const secret = readFileSync(file, "utf8").trim();
  if (secret.length >= LEAST_CHARACTERS) return secret;
  throw new StoreError(
    "damaged",
    `${file}, which signs sessions, holds fewer than ${LEAST_CHARACTERS} characters. Restore it from a backup, or delete it to end all sessions.`,
  );
}
