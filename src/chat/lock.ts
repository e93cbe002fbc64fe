import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { ProtocolError } from "../protocol/errors.ts";

/** A private room's key as it is kept: what can tell the right key, and not the key. Both in base64url. */
export interface RoomLock {
  readonly salt: string;
  readonly hash: string;
}

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** 48 bits of the salt tell one lock from the next of the same room's name. */
const NAME_CHARACTERS = 8;
/** OWASP's Password Storage Cheat Sheet names it as the least memory: 16 MiB and some 40 ms for each guess. */
const COST = { N: 16_384, r: 8, p: 1 } as const;

/** By this a session says for which lock it was let in; empty: for a room that is open to all. */
export function lockName(lock: RoomLock | null): string {
  return lock === null ? "" : lock.salt.slice(0, NAME_CHARACTERS);
}

/**
 * Makes locks of keys and tries keys in locks. The slow hash, which protects a key that people chose from whoever reads
 * the store, is computed once per lock and process; after that a key is compared by a fast one that never leaves memory.
 */
export class Locksmith {
  readonly #pepper = randomBytes(HASH_BYTES);
  readonly #proven = new WeakMap<RoomLock, Buffer>();
  readonly #mostWaiting: number;
  #waiting = 0;

  /** Four keys are worked on at once, in Node's thread pool; a caller that would wait behind more than `mostWaiting` is asked to come back. */
  constructor(mostWaiting = 128) {
    this.#mostWaiting = mostWaiting;
  }

  /** Rejects with `overloaded` while too many keys are being worked on. */
  async make(key: string): Promise<RoomLock> {
    const salt = randomBytes(SALT_BYTES).toString("base64url");
    const lock = { salt, hash: (await this.#hash(key, salt)).toString("base64url") };
    this.#proven.set(lock, this.#digest(key));
    return lock;
  }

  /** Whether the key is the lock's; how long that takes says nothing of the key. Rejects as `make` does. */
  async opens(lock: RoomLock, key: string): Promise<boolean> {
    const digest = this.#digest(key);
    const proven = this.#proven.get(lock);
    if (proven !== undefined) return timingSafeEqual(proven, digest);
    const hash = await this.#hash(key, lock.salt);
    const right = Buffer.from(lock.hash, "base64url");
    if (right.length !== hash.length || !timingSafeEqual(right, hash)) return false;
    this.#proven.set(lock, digest);
    return true;
  }

  #digest(key: string): Buffer {
    return createHmac("sha256", this.#pepper).update(plain(key)).digest();
  }

  async #hash(key: string, salt: string): Promise<Buffer> {
    if (this.#waiting >= this.#mostWaiting) throw new ProtocolError("overloaded", { retryAfterMs: 2_000 });
    this.#waiting += 1;
    try {
      return await new Promise((resolve, reject) => {
        scrypt(plain(key), Buffer.from(salt, "base64url"), HASH_BYTES, COST, (error, hash) => {
          if (error === null) resolve(hash);
          else reject(error);
        });
      });
    } finally {
      this.#waiting -= 1;
    }
  }
}

/** Two ways to type one character are one key. */
function plain(key: string): string {
  return key.normalize("NFC");
}
