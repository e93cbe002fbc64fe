import type { Core } from "../chat/core.ts";
import type { RoomLock } from "../chat/lock.ts";
import type { EndedSessions, Store } from "../chat/ports.ts";
import { StoreClock } from "../chat/store-clock.ts";
import type { RoomName } from "../protocol/ids.ts";
import type { RoomLog } from "./contract.ts";
import { EndedInMemory } from "./ended.ts";
import { newEpoch } from "./epoch.ts";
import { type KeptRoom, KeptRooms, slackOf } from "./kept-rooms.ts";
import { MemoryLog } from "./memory.ts";

/** Keeps rooms as long as the process lives: those that are not open too, while there is space and for `replayMs`. */
export class MemoryStore implements Store {
  readonly clock: StoreClock;
  readonly ended: EndedSessions;
  readonly #core: Core;
  readonly #rooms = new KeptRooms<RoomInMemory>();
  readonly #tally = { bytes: 0 };
  #round: Iterator<RoomInMemory> = this.#rooms.all();

  constructor(core: Core) {
    this.#core = core;
    this.clock = new StoreClock(core.clock);
    this.ended = new EndedInMemory((until) => this.clock.hasPassed(until));
  }

  get bytes(): number {
    return this.#tally.bytes + this.#rooms.fixedBytes;
  }

  get full(): boolean {
    return this.bytes > this.#core.settings.logBytes && !this.#rooms.canMakeWay;
  }

  openLog(name: RoomName, lock: RoomLock | null = null, owner: string | null = null): RoomLog {
    this.#forgetOld(name);
    const room = this.#rooms.get(name) ?? this.#make(name, lock, owner);
    room.isOpen = true;
    return room.log;
  }

  lockOf(name: RoomName): RoomLock | null | undefined {
    this.#forgetOld(name);
    return this.#rooms.lockOf(name);
  }

  has(name: RoomName): boolean {
    return this.#rooms.get(name) !== undefined;
  }

  share(owner: string): number {
    return this.#rooms.share(owner);
  }

  makeWay(): boolean {
    const { logBytes } = this.#core.settings;
    if (this.bytes <= logBytes) return true;
    this.#rooms.makeWay(this.bytes - logBytes + slackOf(logBytes), (room) => this.#giveUp(room));
    return this.bytes <= logBytes;
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #make(name: RoomName, lock: RoomLock | null, owner: string | null): RoomInMemory {
    const epoch = newEpoch(() => this.#core.random());
    const usedAt = this.clock.now();
    const log: MemoryLog = new MemoryLog(
      epoch,
      this.#core.settings,
      () => this.#core.clock.wallNow(),
      this.#tally,
      () => {
        room.isOpen = false;
        room.usedAt = this.clock.now();
      },
    );
    const room = new RoomInMemory(name, lock, owner, log, usedAt);
    this.#rooms.add(room);
    return room;
  }

  /** Gives up what nobody has used for a while: the room of that name, and some of the others. */
  #forgetOld(name: RoomName): void {
    const now = this.clock.now();
    this.#rooms.dropLocks(now);
    const isOld = (room: RoomInMemory): boolean => !room.isOpen && room.usedAt < now - this.#core.settings.replayMs;
    const room = this.#rooms.get(name);
    if (room !== undefined && isOld(room)) this.#giveUp(room);
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const { value: next, done } = this.#round.next();
      if (done === true) {
        this.#round = this.#rooms.all();
        return;
      }
      if (isOld(next)) this.#giveUp(next);
    }
  }

  #giveUp(room: RoomInMemory): void {
    room.log.clear();
    this.#rooms.remove(room, this.clock.now() + this.#core.settings.lockMs);
  }
}

/** Rooms looked at when one is asked for. */
const LOOKS = 10;

class RoomInMemory implements KeptRoom {
  readonly name: RoomName;
  readonly lock: RoomLock | null;
  readonly owner: string | null;
  readonly log: MemoryLog;
  usedAt: number;
  isOpen = false;

  constructor(name: RoomName, lock: RoomLock | null, owner: string | null, log: MemoryLog, usedAt: number) {
    this.name = name;
    this.lock = lock;
    this.owner = owner;
    this.log = log;
    this.usedAt = usedAt;
  }

  get cost(): number {
    return this.log.cost;
  }

  get spare(): number {
    return this.log.spare;
  }

  shorten(bytes: number): number {
    return this.log.shorten(bytes);
  }
}
