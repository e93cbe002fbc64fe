import { ProtocolError } from "../protocol/errors.ts";
import type { RoomName } from "../protocol/ids.ts";
import { lockName, type RoomLock } from "./lock.ts";
import type { Store } from "./ports.ts";
import { Room } from "./room.ts";
import type { Settings } from "./settings.ts";
import type { TimerWheel } from "./wheel.ts";
import type { World } from "./world.ts";

/** Every room of this process, bounded in number and in the bytes of all logs together; empty ones make way first. */
export class Rooms {
  readonly #rooms = new Map<RoomName, Room>();
  readonly #store: Store;
  readonly #settings: Settings;
  readonly #world: World;
  readonly #wheel: TimerWheel;

  constructor(store: Store, settings: Settings, world: World, wheel: TimerWheel) {
    this.#store = store;
    this.#settings = settings;
    this.#world = world;
    this.#wheel = wheel;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /**
   * The room of that name, opened if need be; `lock` is its own only if it has to be made.
   * Throws `overloaded` when there is no place for one more.
   */
  open(name: RoomName, lock: RoomLock | null = null): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    if (this.#rooms.size >= this.#settings.rooms && !this.#dropEmpty()) {
      throw new ProtocolError("overloaded", {
        message: `The server holds its most rooms (${this.#settings.rooms}) and none is empty. Use one that exists or try later.`,
        retryAfterMs: 30_000,
      });
    }
    const kept = this.#store.lockOf(name);
    const own = kept === undefined ? lock : kept;
    const room = new Room(name, own, this.#store.openLog(name, own), this.#settings, this.#world, this.#wheel);
    this.#rooms.set(name, room);
    return room;
  }

  /** The lock of a room that there is, null where it is open to all; undefined where there is no such room. */
  lockOf(name: RoomName): RoomLock | null | undefined {
    const room = this.#rooms.get(name);
    return room === undefined ? this.#store.lockOf(name) : room.lock;
  }

  /**
   * The room that a session is for, opened if need be. Throws `session_unknown` where that is no more: a room made since
   * then under its name, with another key or with none, is another room.
   */
  of({ room: name, lockName: own }: { readonly room: RoomName; readonly lockName: string }): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) {
      if (known.lockName === own) return known;
    } else if (lockName(this.#store.lockOf(name) ?? null) === own) return this.open(name);
    throw new ProtocolError("session_unknown");
  }

  /** The room of that name, if it is open. */
  known(name: RoomName): Room | undefined {
    return this.#rooms.get(name);
  }

  /** Throws `overloaded` when the logs' place is used up and no empty room can be dropped. Called before an append. */
  makeWay(): void {
    while (this.#store.bytes > this.#settings.logBytes) {
      // An empty room of a store that outlives it is closed first, and given up at the next round.
      if (this.#store.dropRoom() || this.#dropEmpty()) continue;
      throw new ProtocolError("overloaded", {
        message: "The logs of all rooms together are at their limit. Send it again later.",
        retryAfterMs: 10_000,
      });
    }
  }

  async close(): Promise<void> {
    for (const room of this.#rooms.values()) await room.close();
    this.#rooms.clear();
  }

  #dropEmpty(): boolean {
    for (const [name, room] of this.#rooms) {
      if (!room.empty) continue;
      this.#rooms.delete(name);
      room.close().catch((error: unknown) => this.#world.report(error));
      return true;
    }
    return false;
  }
}
