import { isEpoch } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Epoch, RoomName } from "../protocol/ids.ts";
import { MemoryLog } from "./log/memory.ts";
import { Room } from "./room.ts";
import type { Settings } from "./settings.ts";
import type { TimerWheel } from "./wheel.ts";
import type { World } from "./world.ts";

/** Every room of this process, bounded in number and in the memory of all logs together; empty ones make way first. */
export class Rooms {
  readonly #rooms = new Map<RoomName, Room>();
  readonly #settings: Settings;
  readonly #world: World;
  readonly #wheel: TimerWheel;

  constructor(settings: Settings, world: World, wheel: TimerWheel) {
    this.#settings = settings;
    this.#world = world;
    this.#wheel = wheel;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room of that name, opened if need be. Throws `overloaded` when there is no place for one more. */
  open(name: RoomName): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    if (this.#rooms.size >= this.#settings.rooms && !this.#dropEmpty()) {
      throw new ProtocolError("overloaded", {
        message: `The server holds its most rooms (${this.#settings.rooms}) and none is empty. Use one that exists or try later.`,
        retryAfterMs: 30_000,
      });
    }
    const log = new MemoryLog(this.#epoch(), this.#settings, () => this.#world.now());
    const room = new Room(name, log, this.#settings, this.#world, this.#wheel);
    this.#rooms.set(name, room);
    return room;
  }

  /** Throws `overloaded` when the logs' memory is used up and no empty room can be dropped. Called before an append. */
  makeWay(): void {
    // The sum is taken only where it can be too large at all.
    const { replayBytes, logBytes } = this.#settings;
    while (this.#rooms.size * replayBytes > logBytes && this.#bytes() > logBytes) {
      if (this.#dropEmpty()) continue;
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

  #bytes(): number {
    let bytes = 0;
    for (const room of this.#rooms.values()) bytes += room.bytes;
    return bytes;
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

  #epoch(): Epoch {
    const text = Math.floor(this.#world.random() * 36 ** 8)
      .toString(36)
      .padStart(8, "0");
    if (!isEpoch(text)) throw new RangeError(`no epoch can be made of ${text}`);
    return text;
  }
}
