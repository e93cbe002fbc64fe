import { ProtocolError } from "../protocol/errors.ts";
import type { RoomName } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import type { ReplyTally } from "./dedupe.ts";
import type { Store } from "./log-port.ts";
import { Room } from "./room.ts";
import { keyIdOf, type RoomKeyHash, RoomKeyHasher } from "./room-key.ts";

const STORE_FULL = {
  message: "The store is full. Send it again later.",
  retryAfterMs: 10_000,
} as const;
const NEEDS_KEY = "This room is private. Join it with its key.";
const WRONG_KEY = "This is not the key of this room. Ask the person who invited you.";
const NO_KEY = "This room is open to all and has no key. Join it without one, or choose another room.";

/** What a session knows of its room. */
interface Membership {
  readonly room: RoomName;
  /** Of the key hash the session was admitted for; empty: none. */
  readonly keyId: string;
  readonly owner: string | null;
}

/** All open rooms, limited in number. An empty room can be closed at any time: its events are stored. */
export class Rooms {
  readonly #rooms = new Map<RoomName, Room>();
  readonly #store: Store;
  readonly #core: Core;
  readonly #replies: ReplyTally = { entries: 0 };

  constructor(store: Store, core: Core) {
    this.#store = store;
    this.#core = core;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /**
   * Returns the room of that name, opened if needed. `keyHash` and `owner` are used only if the room is created.
   * Throws `overloaded` if the room limit is reached, `too_many` if the owner's is.
   */
  open(name: RoomName, keyHash: RoomKeyHash | null = null, owner: string | null = null): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const isNew = !this.#store.has(name);
    const { addressRooms } = this.#core.settings;
    if (isNew && owner !== null && addressRooms !== null && this.#store.ownedBy(owner) >= addressRooms) {
      throw new ProtocolError("too_many", {
        message: `Room limit of this address reached (${addressRooms}). Use an existing room. Unused rooms are deleted after a day.`,
        retryAfterMs: 600_000,
      });
    }
    if (this.#rooms.size >= this.#core.settings.rooms && !this.#closeEmpty()) {
      throw new ProtocolError("overloaded", {
        message: `Room limit reached (${this.#core.settings.rooms}). Join an existing room or try later.`,
        retryAfterMs: 30_000,
      });
    }
    if (isNew) this.#makeSpace();
    const stored = this.#store.keyHashOf(name);
    const own = stored === undefined ? keyHash : stored;
    const room = new Room(name, own, this.#store.openLog(name, own, owner), this.#core, this.#replies);
    this.#rooms.set(name, room);
    return room;
  }

  /**
   * Returns the key hash of a room that exists or whose name is reserved; null for a public room; undefined if there is
   * neither.
   */
  keyHashOf(name: RoomName): RoomKeyHash | null | undefined {
    const room = this.#rooms.get(name);
    return room === undefined ? this.#store.keyHashOf(name) : room.keyHash;
  }

  /**
   * Returns a session's room, opened if needed. Throws `session_unknown` if the room of that name has another
   * key, or none: the session's room was deleted. Public rooms have no key, so a later public room accepts the session.
   */
  of({ room: name, keyId, owner }: Membership): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) {
      if (known.keyId === keyId) return known;
    } else if (keyIdOf(this.#store.keyHashOf(name) ?? null) === keyId) return this.open(name, null, owner);
    throw new ProtocolError("session_unknown");
  }

  /** Returns the room of that name if it is open. */
  openRoom(name: RoomName): Room | undefined {
    return this.#rooms.get(name);
  }

  /** True if messages can't be stored and nothing could be deleted to make space. */
  get full(): boolean {
    return this.#store.full && !this.#rooms.values().some(({ empty }) => empty);
  }

  /** Makes space for a message. Throws `overloaded` if there is none, or if too many replies outlive their events. */
  makeSpaceForMessage(): void {
    this.#makeSpace();
    const { dedupeEntries } = this.#core.settings;
    if (this.#replies.entries < dedupeEntries) return;
    const orphaned = this.#rooms.values().reduce((sum, { orphanedReplies }) => sum + orphanedReplies, 0);
    if (orphaned >= dedupeEntries) throw new ProtocolError("overloaded", { retryAfterMs: 10_000 });
  }

  async close(): Promise<void> {
    for (const room of this.#rooms.values()) await room.close();
    this.#rooms.clear();
  }

  #makeSpace(): void {
    if (this.#store.bytes <= this.#core.settings.logBytes) return;
    // Only a closed room can be deleted.
    while (!this.#store.makeSpace()) if (!this.#closeEmpty()) throw new ProtocolError("overloaded", STORE_FULL);
  }

  #closeEmpty(): boolean {
    for (const [name, room] of this.#rooms) {
      if (!room.empty) continue;
      this.#rooms.delete(name);
      room.close().catch((error: unknown) => this.#core.report(error));
      return true;
    }
    return false;
  }
}

/** Room access by key: a room created with a key requires it; a room created without one is public. */
export class RoomAccess {
  readonly #rooms: Rooms;
  readonly #hasher = new RoomKeyHasher();

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /**
   * Resolves to the room for a caller with this key, created if there is none. Rejects with `not_allowed` if the key is
   * missing or wrong, or if the room is public: its visitor could believe it is private.
   */
  async open(name: RoomName, key: string | undefined, owner: string | null): Promise<Room> {
    const keyHash = this.#rooms.keyHashOf(name);
    if (keyHash === undefined) {
      if (key === undefined) return this.#rooms.open(name, null, owner);
      const made = await this.#hasher.hash(key);
      // Another caller may have created it in the meantime, with another key.
      if (this.#rooms.keyHashOf(name) !== undefined) return this.open(name, key, owner);
      return this.#rooms.open(name, made, owner);
    }
    if (keyHash === null) {
      if (key === undefined) return this.#rooms.open(name, null, owner);
      throw new ProtocolError("not_allowed", { message: NO_KEY });
    }
    if (key === undefined) throw new ProtocolError("not_allowed", { message: NEEDS_KEY });
    if (!(await this.#hasher.verify(keyHash, key))) throw new ProtocolError("not_allowed", { message: WRONG_KEY });
    // The room may have been deleted, and even created again by another caller, in the meantime.
    if (this.#rooms.keyHashOf(name) !== keyHash) return this.open(name, key, owner);
    return this.#rooms.open(name, keyHash, owner);
  }
}
