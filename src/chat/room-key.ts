import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { ProtocolError } from "../protocol/errors.ts";

/** A private room's key as it is stored: enough to verify a key, not to recover it. Both in base64url. */
export interface RoomKeyHash {
  readonly salt: string;
  readonly hash: string;
}

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** 48 bits of the salt: enough to distinguish the key hashes of rooms that had the same name, one after the other. */
const ID_CHARACTERS = 8;
/** The smallest memory in OWASP's Password Storage Cheat Sheet: 16 MiB and about 40 ms for each guess. */
const COST = { N: 16_384, r: 8, p: 1 } as const;

/** Returns the id by which a session names the key hash it was admitted for; empty for a public room. */
export function keyIdOf(keyHash: RoomKeyHash | null): string {
  return keyHash === null ? "" : keyHash.salt.slice(0, ID_CHARACTERS);
}

/**
 * Hashes and verifies room keys. The slow hash protects a key that people chose from anyone who reads the store. It is
 * computed once per room and process; later keys are compared by a fast hash that never leaves memory.
 */
export class RoomKeyHasher {
  readonly #pepper = randomBytes(HASH_BYTES);
  readonly #verified = new WeakMap<RoomKeyHash, Buffer>();
  readonly #mostPending: number;
  #pending = 0;

  /** Node's thread pool hashes four keys at once. Beyond `mostPending` keys, callers are refused. */
  constructor(mostPending = 128) {
    this.#mostPending = mostPending;
  }

  /** Resolves to a key's hash. Rejects with `overloaded` while too many keys are pending. */
  async hash(key: string): Promise<RoomKeyHash> {
    const salt = randomBytes(SALT_BYTES).toString("base64url");
    const keyHash = { salt, hash: (await this.#slowHash(key, salt)).toString("base64url") };
    this.#verified.set(keyHash, this.#fastHash(key));
    return keyHash;
  }

  /** Resolves to whether the key is right, in a time that does not depend on the key. Rejects as `hash` does. */
  async verify(keyHash: RoomKeyHash, key: string): Promise<boolean> {
    const fast = this.#fastHash(key);
    const verified = this.#verified.get(keyHash);
    if (verified !== undefined) return timingSafeEqual(verified, fast);
    const hash = await this.#slowHash(key, keyHash.salt);
    const expected = Buffer.from(keyHash.hash, "base64url");
    if (expected.length !== hash.length || !timingSafeEqual(expected, hash)) return false;
    this.#verified.set(keyHash, fast);
    return true;
  }

  #fastHash(key: string): Buffer {
    return createHmac("sha256", this.#pepper).update(normalized(key)).digest();
  }

  async #slowHash(key: string, salt: string): Promise<Buffer> {
    if (this.#pending >= this.#mostPending) throw new ProtocolError("overloaded", { retryAfterMs: 2_000 });
    this.#pending += 1;
    try {
      return await new Promise((resolve, reject) => {
        scrypt(normalized(key), Buffer.from(salt, "base64url"), HASH_BYTES, COST, (error, hash) => {
          if (error === null) resolve(hash);
          else reject(error);
        });
      });
    } finally {
      this.#pending -= 1;
    }
  }
}

/** Makes two encodings of the same character the same key. */
function normalized(key: string): string {
  return key.normalize("NFC");
}
