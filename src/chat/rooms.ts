import { ProtocolError } from "../protocol/errors.ts";
import type { RoomName } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import type { ReplyTally } from "./dedupe.ts";
import { lockName, type RoomLock } from "./lock.ts";
import type { Store } from "./ports.ts";
import { Room } from "./room.ts";
import type { Session } from "./session.ts";

const FULL = {
  message: "The logs of all rooms together are at their limit. Send it again later.",
  retryAfterMs: 10_000,
} as const;

/** Every room that is open, bounded in number. An empty one may be closed at any time: what was said in it is stored. */
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
   * The room of that name, opened if need be; `lock` and `owner` are its own only if it has to be made.
   * Throws `overloaded` when there is no place for one more, `too_many` when the owner has made its share.
   */
  open(name: RoomName, lock: RoomLock | null = null, owner: string | null = null): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const isNew = !this.#store.has(name);
    const { addressRooms } = this.#core.settings;
    if (isNew && owner !== null && addressRooms !== null && this.#store.share(owner) >= addressRooms) {
      throw new ProtocolError("too_many", {
        message: `This address has made its most rooms (${addressRooms}). Use one of them; those that nobody uses are given up after a day.`,
        retryAfterMs: 600_000,
      });
    }
    if (this.#rooms.size >= this.#core.settings.rooms && !this.#closeEmpty()) {
      throw new ProtocolError("overloaded", {
        message: `The server holds its most rooms (${this.#core.settings.rooms}) and none is empty. Use one that exists or try later.`,
        retryAfterMs: 30_000,
      });
    }
    if (isNew) this.#makeSpace();
    const kept = this.#store.lockOf(name);
    const own = kept === undefined ? lock : kept;
    const log = this.#store.openLog(name, own, owner);
    const room = new Room(name, own, log, this.#core, this.#replies);
    this.#rooms.set(name, room);
    return room;
  }

  /** The lock of a room that there is or was not long ago, null where it is open to all; undefined where there is no such room. */
  lockOf(name: RoomName): RoomLock | null | undefined {
    const room = this.#rooms.get(name);
    return room === undefined ? this.#store.lockOf(name) : room.lock;
  }

  /**
   * The room that a session is for, opened if need be. Throws `session_unknown` where that is no more: a room made since
   * then under its name, with another key or with none, is another room.
   */
  of({ room: name, lockName: own, owner }: Pick<Session, "room" | "lockName" | "owner">): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) {
      if (known.lockName === own) return known;
    } else if (lockName(this.#store.lockOf(name) ?? null) === own) return this.open(name, null, owner);
    throw new ProtocolError("session_unknown");
  }

  /** The room of that name, if it is open. */
  known(name: RoomName): Room | undefined {
    return this.#rooms.get(name);
  }

  /** There is no space for what would be said, and nothing could make way. */
  get full(): boolean {
    return this.#store.full && !this.#rooms.values().some(({ empty }) => empty);
  }

  /** Makes way for a message. Throws `overloaded` where nothing can make way, or too many replies outlive their events. */
  makeWay(): void {
    this.#makeSpace();
    const { dedupeEntries } = this.#core.settings;
    if (this.#replies.entries < dedupeEntries) return;
    const alone = this.#rooms.values().reduce((sum, { repliesAlone }) => sum + repliesAlone, 0);
    if (alone >= dedupeEntries) throw new ProtocolError("overloaded", { retryAfterMs: 10_000 });
  }

  #makeSpace(): void {
    if (this.#store.bytes <= this.#core.settings.logBytes) return;
    // Only a room that is closed can be given up as a whole.
    while (!this.#store.makeWay()) if (!this.#closeEmpty()) throw new ProtocolError("overloaded", FULL);
  }

  async close(): Promise<void> {
    for (const room of this.#rooms.values()) await room.close();
    this.#rooms.clear();
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
