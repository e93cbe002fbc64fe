import { ProtocolError } from "../protocol/errors.ts";
import type { RoomName } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
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
  /** Rooms whose log is being opened. */
  readonly #opening = new Map<RoomName, Promise<Room>>();
  readonly #store: Store;
  readonly #core: Core;

  constructor(store: Store, core: Core) {
    this.#store = store;
    this.#core = core;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /**
   * Resolves to the room of that name, opened if needed. `keyHash` and `owner` are used only if the room is created: check
   * the key of the room that this resolves to. Rejects with `overloaded` if the room limit is reached, `too_many` if the
   * owner's is.
   */
  async open(name: RoomName, keyHash: RoomKeyHash | null, owner: string | null): Promise<Room> {
    const known = this.#rooms.get(name) ?? this.#opening.get(name);
    if (known !== undefined) return known;
    const opening = this.#open(name, keyHash, owner).finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  async #open(name: RoomName, keyHash: RoomKeyHash | null, owner: string | null): Promise<Room> {
    const stored = await this.#store.find(name);
    const isNew = stored === undefined || stored.reserved;
    const { addressRooms } = this.#core.settings;
    if (isNew && owner !== null && addressRooms !== null && this.#store.ownedBy(owner) >= addressRooms) {
      throw new ProtocolError("too_many", {
        message: `Room limit of this address reached (${addressRooms}). Use an existing room. Unused rooms are deleted after a day.`,
        retryAfterMs: 600_000,
      });
    }
    if (this.#rooms.size + this.#opening.size > this.#core.settings.rooms && !this.#closeEmpty()) {
      throw new ProtocolError("overloaded", {
        message: `Room limit reached (${this.#core.settings.rooms}). Join an existing room or try later.`,
        retryAfterMs: 30_000,
      });
    }
    if (isNew) this.#makeSpace();
    const log = await this.#store.openLog(name, stored === undefined ? keyHash : stored.keyHash, owner);
    const room = new Room(name, log, this.#core);
    this.#rooms.set(name, room);
    return room;
  }

  /**
   * Returns the key hash of a room that exists or whose name is reserved; null for a public room; undefined if there is
   * neither.
   */
  async keyHashOf(name: RoomName): Promise<RoomKeyHash | null | undefined> {
    const room = this.#rooms.get(name);
    return room === undefined ? (await this.#store.find(name))?.keyHash : room.keyHash;
  }

  /**
   * Returns a session's room: at once if it is open, else once it is. Throws or rejects with `session_unknown` if the room
   * of that name has another key, or none: the session's room was deleted. A session of a deleted public room, which had no
   * key, is accepted by a later public room of that name.
   */
  of(session: Membership): Room | Promise<Room> {
    const known = this.#rooms.get(session.room);
    if (known === undefined) return this.#openOf(session);
    if (known.keyId !== session.keyId) throw new ProtocolError("session_unknown");
    return known;
  }

  async #openOf({ room: name, keyId, owner }: Membership): Promise<Room> {
    const keyHash = await this.keyHashOf(name);
    if (keyIdOf(keyHash ?? null) !== keyId) throw new ProtocolError("session_unknown");
    const room = await this.open(name, null, owner);
    if (room.keyId !== keyId) throw new ProtocolError("session_unknown");
    return room;
  }

  /** Resolves to a session's room if it exists and can be opened. */
  async existing(session: Membership): Promise<Room | undefined> {
    if (!this.#rooms.has(session.room)) {
      const stored = await this.#store.find(session.room);
      if (stored === undefined || stored.reserved) return undefined;
    }
    try {
      return await this.of(session);
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
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
    this.#store.admitMessage();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    for (const room of this.#rooms.values()) await room.close();
    this.#rooms.clear();
  }

  #makeSpace(): void {
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
   * missing or wrong. Also if there is a key but the room is public: the caller would believe that it is private.
   */
  async open(name: RoomName, key: string | undefined, owner: string | null): Promise<Room> {
    const keyHash = await this.#rooms.keyHashOf(name);
    if (keyHash === undefined) {
      const made = key === undefined ? null : await this.#hasher.hash(key);
      // Another caller may have created it in the meantime, with another key.
      if (made !== null && (await this.#rooms.keyHashOf(name)) !== undefined) return this.open(name, key, owner);
      return this.#openWith(name, made, key, owner);
    }
    if (keyHash === null) {
      if (key === undefined) return this.#openWith(name, null, key, owner);
      throw new ProtocolError("not_allowed", { message: NO_KEY });
    }
    if (key === undefined) throw new ProtocolError("not_allowed", { message: NEEDS_KEY });
    if (!(await this.#hasher.verify(keyHash, key))) throw new ProtocolError("not_allowed", { message: WRONG_KEY });
    return this.#openWith(name, keyHash, key, owner);
  }

  /** Opens the room. Checks the key again if the room was deleted or created by another caller in the meantime. */
  async #openWith(
    name: RoomName,
    keyHash: RoomKeyHash | null,
    key: string | undefined,
    owner: string | null,
  ): Promise<Room> {
    const room = await this.#rooms.open(name, keyHash, owner);
    return room.keyId === keyIdOf(keyHash) ? room : this.open(name, key, owner);
  }
}
