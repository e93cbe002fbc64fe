import type { Core } from "../chat/core.ts";
import type { StoredName } from "../chat/log-port.ts";
import type { RoomKeyHash } from "../chat/room-key.ts";
import type { Settings } from "../chat/settings.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { RoomName } from "../protocol/ids.ts";
import type { ReplyTally } from "./dedupe.ts";

/** Bytes charged for a reply that outlives its event. Measured: 140 in memory with an id of 36 characters, 110 in a file. */
export const REPLY_BYTES = 256;
/** Bytes of a room, open or not. Without them empty rooms would be free. */
const ROOM_BYTES = 2_048;
/** Bytes of the key hash kept of a deleted private room. */
const RESERVATION_BYTES = 512;
/** Rooms with less to spare are deleted as a whole instead of shortened. */
const SMALL_BYTES = 65_536;

/** A room in a store, whether its log is open or not. */
export interface StoredRoom {
  readonly name: RoomName;
  /** null: the room is public. */
  readonly keyHash: RoomKeyHash | null;
  /** Opaque key of the address that created it; null: unknown, as after a restart. */
  readonly owner: string | null;
  /** When it was created or last closed, by the store's clock. */
  usedAt: number;
  readonly isOpen: boolean;
  /** Bytes of its events, without those being deleted. */
  readonly cost: number;
  /** Bytes of the events that can be deleted. */
  readonly spare: number;
  /** Replies that are remembered in memory although their events are gone. Forgets those that are old enough. */
  readonly orphanedReplies: number;
  /** Deletes its oldest events until `bytes` are free. Returns how many bytes that freed. */
  shorten(bytes: number): number;
}

/** The key hash of a deleted private room. Before `until`, by the store's clock, its name can't be used without its key. */
export interface Reservation {
  readonly keyHash: RoomKeyHash;
  readonly owner: string | null;
  readonly until: number;
}

/**
 * The index of a store: rooms by name, reserved names of deleted rooms, and how much space each owner uses. When space
 * runs out it decides what is deleted.
 */
export class StoredRooms<Room extends StoredRoom> {
  readonly #rooms = new Map<string, Room>();
  readonly #reservations = new Map<string, Reservation>();
  readonly #owned = new Map<string, number>();

  /** Bytes of rooms and reservations, without events. */
  get fixedBytes(): number {
    return this.#rooms.size * ROOM_BYTES + this.#reservations.size * RESERVATION_BYTES;
  }

  get(name: RoomName): Room | undefined {
    return this.#rooms.get(name);
  }

  all(): IterableIterator<Room> {
    return this.#rooms.values();
  }

  /** Returns how many rooms and reservations one owner has. */
  ownedBy(owner: string): number {
    return this.#owned.get(owner) ?? 0;
  }

  add(room: Room): void {
    this.#dropReservation(room.name);
    this.#rooms.set(room.name, room);
    this.#count(room.owner, 1);
  }

  /** Removes a room. Reserves the name of a private one until `until`. */
  remove(room: Room, until: number): void {
    if (!this.#rooms.delete(room.name)) return;
    this.#count(room.owner, -1);
    if (room.keyHash !== null) this.reserve(room.name, { keyHash: room.keyHash, owner: room.owner, until });
  }

  reserve(name: RoomName, reservation: Reservation): void {
    this.#reservations.set(name, reservation);
    this.#count(reservation.owner, 1);
  }

  /** Returns what is known of a name: a room, or else a reservation. */
  find(name: RoomName): StoredName | undefined {
    const room = this.#rooms.get(name);
    if (room !== undefined) return { keyHash: room.keyHash, reserved: false };
    const reservation = this.#reservations.get(name);
    return reservation === undefined ? undefined : { keyHash: reservation.keyHash, reserved: true };
  }

  /** Drops reservations that are over. Checks only the oldest: they were added in that order. */
  dropReservations(now: number): void {
    for (const [name, { until }] of this.#reservations) {
      if (until > now) return;
      this.#dropReservation(name as RoomName); // the map's keys were names
    }
  }

  /** True if anything could be deleted. */
  get canMakeSpace(): boolean {
    return this.#rooms.values().some((room) => room.spare > 0 || !room.isOpen);
  }

  /**
   * Frees `bytes`, or as many as possible. The owner that uses most space pays: with the oldest events of its largest
   * rooms, and if those are small with the rooms that were used longest ago. `remove` deletes a room.
   */
  makeSpace(bytes: number, remove: (room: Room) => void): void {
    let missing = bytes;
    for (const rooms of this.#byOwner()) {
      for (let freed = 1; missing > 0 && freed > 0; missing -= freed) freed = this.#free(rooms, missing, remove);
      if (missing <= 0) return;
    }
  }

  /** Frees up to `bytes`, but at most half of each room at once. Returns how many. */
  #free(rooms: readonly Room[], bytes: number, remove: (room: Room) => void): number {
    let freed = 0;
    const shorten = (room: Room, spare: number): void => {
      if (freed < bytes && spare > 0) freed += room.shorten(Math.min(bytes - freed, Math.ceil(spare)));
    };
    for (const room of rooms.toSorted((a, b) => b.spare - a.spare)) {
      if (room.spare < SMALL_BYTES) break;
      shorten(room, room.spare / 2);
    }
    if (freed > 0) return freed;
    const closed = rooms.filter((each) => this.#rooms.get(each.name) === each && !each.isOpen);
    for (const room of closed.toSorted((a, b) => a.usedAt - b.usedAt)) {
      if (freed >= bytes) return freed;
      freed += room.cost + ROOM_BYTES;
      remove(room);
    }
    for (const room of rooms) if (room.isOpen) shorten(room, room.spare);
    return freed;
  }

  /** Yields the rooms of each owner, the one that uses most space first. */
  *#byOwner(): Iterable<readonly Room[]> {
    const owners = new Map<string | Room | null, { bytes: number; rooms: Room[] }>();
    for (const room of this.#rooms.values()) {
      // Owners are unknown after a restart. Large rooms then count alone, small ones together.
      const key = room.owner ?? (room.cost < SMALL_BYTES ? null : room);
      const owner = owners.get(key) ?? { bytes: 0, rooms: [] };
      owners.set(key, owner);
      owner.bytes += room.cost + ROOM_BYTES;
      owner.rooms.push(room);
    }
    for (const { rooms } of [...owners.values()].toSorted((a, b) => b.bytes - a.bytes)) yield rooms;
  }

  #dropReservation(name: RoomName): void {
    const reservation = this.#reservations.get(name);
    if (reservation === undefined) return;
    this.#reservations.delete(name);
    this.#count(reservation.owner, -1);
  }

  #count(owner: string | null, by: number): void {
    if (owner === null) return;
    const owned = this.ownedBy(owner) + by;
    if (owned === 0) this.#owned.delete(owner);
    else this.#owned.set(owner, owned);
  }
}

/** Base of the stores that only one process uses: their index of rooms is in memory. */
export abstract class IndexedStore<Room extends StoredRoom> {
  protected readonly rooms = new StoredRooms<Room>();
  /** Replies that open logs, and closed ones in memory, remember. */
  protected readonly replies: ReplyTally = { entries: 0 };
  readonly #settings: Settings;

  protected constructor({ settings }: Core) {
    this.#settings = settings;
  }

  abstract readonly bytes: number;

  get full(): boolean {
    return this.bytes > this.#settings.logBytes && !this.rooms.canMakeSpace;
  }

  find(name: RoomName): StoredName | undefined {
    return this.rooms.find(name);
  }

  /** A store in this process is never out of reach. */
  onOutage(): void {}

  admitMessage(): void {
    const { dedupeEntries } = this.#settings;
    if (this.replies.entries < dedupeEntries) return;
    let orphaned = 0;
    for (const room of this.rooms.all()) orphaned += room.orphanedReplies;
    if (orphaned >= dedupeEntries) throw new ProtocolError("overloaded", { retryAfterMs: 10_000 });
  }

  ownedBy(owner: string): number {
    return this.rooms.ownedBy(owner);
  }

  /** Frees `bytes` and some more: finding the owner that pays costs the same for one event as for thousands. */
  protected free(bytes: number, remove: (room: Room) => void): void {
    this.rooms.makeSpace(bytes + Math.floor(this.#settings.logBytes / 64), remove);
  }
}
