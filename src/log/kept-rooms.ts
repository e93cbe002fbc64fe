import type { RoomLock } from "../chat/lock.ts";
import type { RoomName } from "../protocol/ids.ts";
import { LOCK_BYTES, ROOM_BYTES } from "./cost.ts";

/** Rooms with less to spare are given up whole rather than shortened. */
const SMALL_BYTES = 65_536;

/** A room that is stored, whether its log is open or not. */
export interface KeptRoom {
  readonly name: RoomName;
  /** null: it is open to all. */
  readonly lock: RoomLock | null;
  /** Who made it, as an opaque key; null: not known any more. */
  readonly owner: string | null;
  /** When it was made or closed last, by the store's clock. */
  usedAt: number;
  readonly isOpen: boolean;
  /** Bytes that its events take, without those that are being deleted. */
  readonly cost: number;
  /** Bytes of those that may go. */
  readonly spare: number;
  /** Drops its oldest events until `bytes` are free; returns how many bytes that freed. */
  shorten(bytes: number): number;
}

/** The lock of a private room that is gone: its name is not to be taken without its key for a while. */
export interface KeptLock {
  readonly lock: RoomLock;
  readonly owner: string | null;
  readonly until: number;
}

/** The rooms of a store by name, the locks of those that are gone, and who used the space. */
export class KeptRooms<Room extends KeptRoom> {
  readonly #rooms = new Map<string, Room>();
  readonly #locks = new Map<string, KeptLock>();
  readonly #shares = new Map<string, number>();

  /** Bytes that rooms and locks take beside events. */
  get fixedBytes(): number {
    return this.#rooms.size * ROOM_BYTES + this.#locks.size * LOCK_BYTES;
  }

  get(name: RoomName): Room | undefined {
    return this.#rooms.get(name);
  }

  all(): IterableIterator<Room> {
    return this.#rooms.values();
  }

  /** How many rooms and locks there are because of one owner. */
  share(owner: string): number {
    return this.#shares.get(owner) ?? 0;
  }

  add(room: Room): void {
    this.dropLock(room.name);
    this.#rooms.set(room.name, room);
    this.#count(room.owner, 1);
  }

  /** Forgets a room; keeps its lock, if it has one, until then. */
  remove(room: Room, until: number): void {
    if (!this.#rooms.delete(room.name)) return;
    this.#count(room.owner, -1);
    if (room.lock !== null) this.keepLock(room.name, { lock: room.lock, owner: room.owner, until });
  }

  keepLock(name: RoomName, lock: KeptLock): void {
    this.#locks.set(name, lock);
    this.#count(lock.owner, 1);
  }

  /** Of a room that is kept, or is gone and not to be taken yet. null: open to all; undefined: there is neither. */
  lockOf(name: RoomName): RoomLock | null | undefined {
    const room = this.#rooms.get(name);
    return room === undefined ? this.#locks.get(name)?.lock : room.lock;
  }

  dropLock(name: RoomName): void {
    const kept = this.#locks.get(name);
    if (kept === undefined) return;
    this.#locks.delete(name);
    this.#count(kept.owner, -1);
  }

  /** Forgets locks whose time is up, looking at a few: they were kept in that order. */
  dropLocks(now: number): void {
    for (const [name, { until }] of this.#locks) {
      if (until > now) return;
      this.dropLock(name as RoomName); // the map's keys were names
    }
  }

  /** Whether anything could make way. */
  get canMakeWay(): boolean {
    return this.#rooms.values().some((room) => room.spare > 0 || !room.isOpen);
  }

  /**
   * Frees `bytes`, or all there are. The owner of the rooms that use the most space pays: with the oldest
   * events of its largest rooms, and when those are small with the rooms that were used longest ago.
   */
  makeWay(bytes: number, giveUp: (room: Room) => void): void {
    let missing = bytes;
    for (const rooms of this.#payers()) {
      for (let freed = 1; missing > 0 && freed > 0; missing -= freed) freed = this.#pay(rooms, missing, giveUp);
      if (missing <= 0) return;
    }
  }

  /** Frees up to `bytes`, but no more than half of each room at once; returns how many. */
  #pay(rooms: readonly Room[], bytes: number, giveUp: (room: Room) => void): number {
    let freed = 0;
    const free = (room: Room, spare: number): void => {
      if (freed < bytes && spare > 0) freed += room.shorten(Math.min(bytes - freed, Math.ceil(spare)));
    };
    for (const room of rooms.toSorted((a, b) => b.spare - a.spare)) {
      if (room.spare < SMALL_BYTES) break;
      free(room, room.spare / 2);
    }
    if (freed > 0) return freed;
    for (const room of rooms.filter((each) => this.#rooms.get(each.name) === each && !each.isOpen).toSorted(byUse)) {
      if (freed >= bytes) return freed;
      freed += room.cost + ROOM_BYTES;
      giveUp(room);
    }
    for (const room of rooms) if (room.isOpen) free(room, room.spare);
    return freed;
  }

  /** The rooms of each owner, those of the one who uses most first. */
  *#payers(): Iterable<readonly Room[]> {
    const owners = new Map<string | Room | null, { bytes: number; rooms: Room[] }>();
    for (const room of this.#rooms.values()) {
      // Who made a room is not known after a restart. Large ones then pay for themselves, small ones together.
      const key = room.owner ?? (room.cost < SMALL_BYTES ? null : room);
      const owner = owners.get(key) ?? { bytes: 0, rooms: [] };
      owners.set(key, owner);
      owner.bytes += room.cost + ROOM_BYTES;
      owner.rooms.push(room);
    }
    for (const { rooms } of [...owners.values()].toSorted((a, b) => b.bytes - a.bytes)) yield rooms;
  }

  #count(owner: string | null, by: number): void {
    if (owner === null) return;
    const share = this.share(owner) + by;
    if (share === 0) this.#shares.delete(owner);
    else this.#shares.set(owner, share);
  }
}

function byUse(a: KeptRoom, b: KeptRoom): number {
  return a.usedAt - b.usedAt;
}

/** How much more than needed is freed at once: looking for whoever pays costs the same for an event as for thousands. */
export function slackOf(logBytes: number): number {
  return Math.floor(logBytes / 64);
}
