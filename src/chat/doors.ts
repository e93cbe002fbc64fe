import { ProtocolError } from "../protocol/errors.ts";
import type { RoomName } from "../protocol/ids.ts";
import { Locksmith } from "./lock.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";

const NEEDS_KEY = "This room is private. Join it with the key of whoever invited you.";
const WRONG_KEY = "This is not the key of this room. Ask whoever invited you.";
const NO_LOCK = "This room is open to all: it was made without a key. Join it without one, or choose another room.";

/** Who comes in by which door: a room that is made with a key opens to that key alone, one made without opens to all. */
export class Doors {
  readonly #rooms: Rooms;
  readonly #locksmith = new Locksmith();

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /**
   * The room of that name for one who has this key, made if there is none. Rejects with `not_allowed` where the key is
   * missing, wrong, or of no use; the last so that nobody takes a room for private that is not.
   */
  async open(name: RoomName, key: string | undefined, owner: string | null): Promise<Room> {
    const lock = this.#rooms.lockOf(name);
    if (lock === undefined) {
      if (key === undefined) return this.#rooms.open(name, null, owner);
      const made = await this.#locksmith.make(key);
      // Somebody else may have made it meanwhile, with another key.
      return this.#rooms.lockOf(name) === undefined ? this.#rooms.open(name, made, owner) : this.open(name, key, owner);
    }
    if (lock === null) {
      if (key === undefined) return this.#rooms.open(name, null, owner);
      throw new ProtocolError("not_allowed", { message: NO_LOCK });
    }
    if (key === undefined) throw new ProtocolError("not_allowed", { message: NEEDS_KEY });
    if (!(await this.#locksmith.opens(lock, key))) throw new ProtocolError("not_allowed", { message: WRONG_KEY });
    // It may have been given up meanwhile, and even made anew by somebody else.
    return this.#rooms.lockOf(name) === lock ? this.#rooms.open(name, lock, owner) : this.open(name, key, owner);
  }
}
