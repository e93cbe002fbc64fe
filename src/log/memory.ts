import type { Core } from "../chat/core.ts";
import {
  costInMemory,
  type Draft,
  type LogListener,
  numbered,
  type Read,
  type ReadLimit,
  type RevokedSessions,
  type RoomLog,
  type Store,
  type StoredName,
  sizeOf,
} from "../chat/log-port.ts";
import { LocalPresence } from "../chat/presence.ts";
import type { RoomKeyHash } from "../chat/room-key.ts";
import { StoreClock } from "../chat/store-clock.ts";
import { newEpoch, type Position } from "../protocol/cursor.ts";
import type { DurableEvent, EphemeralEvent } from "../protocol/events.ts";
import type { CommandId, Epoch, MemberId, RoomName } from "../protocol/ids.ts";
import { Dedupe, type ReplyTally } from "./dedupe.ts";
import { IndexedStore, REPLY_BYTES, type StoredRoom } from "./stored-rooms.ts";
import { EventWindow, type WindowTally } from "./window.ts";

/** How many rooms are checked for their age each time one is looked up. */
const CHECKED_ROOMS = 10;
/** About 100 bytes each, 10 MB in all: one ended session every 0.9 s for the day that a token is valid. */
const MOST_REVOKED = 100_000;

/** Stores rooms for the life of the process. Rooms that are not open stay while there is space, for up to `replayMs`. */
export class MemoryStore extends IndexedStore<MemoryRoom> implements Store {
  readonly clock: StoreClock;
  readonly revoked: RevokedSessions;
  readonly #core: Core;
  readonly #tally: WindowTally = { bytes: 0 };
  #roomsToCheck: Iterator<MemoryRoom> = this.rooms.all();

  constructor(core: Core) {
    super(core);
    this.#core = core;
    this.clock = new StoreClock(core.clock);
    this.revoked = new MemoryRevokedSessions((until) => this.clock.hasPassed(until));
  }

  get bytes(): number {
    return this.#tally.bytes + this.rooms.fixedBytes;
  }

  openLog(name: RoomName, keyHash: RoomKeyHash | null = null, owner: string | null = null): MemoryLog {
    this.#deleteOld(name);
    const room = this.rooms.get(name) ?? this.#create(name, keyHash, owner);
    room.isOpen = true;
    room.log.open();
    return room.log;
  }

  override find(name: RoomName): StoredName | undefined {
    this.#deleteOld(name);
    return super.find(name);
  }

  makeSpace(): boolean {
    const { logBytes } = this.#core.settings;
    if (this.bytes > logBytes) this.free(this.bytes - logBytes, (room) => this.#delete(room));
    return this.bytes <= logBytes;
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #create(name: RoomName, keyHash: RoomKeyHash | null, owner: string | null): MemoryRoom {
    const log = new MemoryLog(this.#core, {
      keyHash,
      window: this.#tally,
      replies: this.replies,
      onClosed: () => {
        room.isOpen = false;
        room.usedAt = this.clock.now();
      },
    });
    const room: MemoryRoom = new MemoryRoom(name, keyHash, owner, log, this.clock.now());
    this.rooms.add(room);
    return room;
  }

  /** Deletes rooms that were not used for `replayMs`: the room of that name, and some of the others. */
  #deleteOld(name: RoomName): void {
    const now = this.clock.now();
    this.rooms.dropReservations(now);
    const isOld = (room: MemoryRoom): boolean => !room.isOpen && room.usedAt < now - this.#core.settings.replayMs;
    const room = this.rooms.get(name);
    if (room !== undefined && isOld(room)) this.#delete(room);
    for (let checked = 0; checked < CHECKED_ROOMS; checked += 1) {
      const { value: next, done } = this.#roomsToCheck.next();
      if (done === true) {
        this.#roomsToCheck = this.rooms.all();
        return;
      }
      if (isOld(next)) this.#delete(next);
    }
  }

  #delete(room: MemoryRoom): void {
    room.log.clear();
    this.rooms.remove(room, this.clock.now() + this.#core.settings.lockMs);
  }
}

class MemoryRoom implements StoredRoom {
  readonly name: RoomName;
  readonly keyHash: RoomKeyHash | null;
  readonly owner: string | null;
  readonly log: MemoryLog;
  usedAt: number;
  isOpen = false;

  constructor(name: RoomName, keyHash: RoomKeyHash | null, owner: string | null, log: MemoryLog, usedAt: number) {
    this.name = name;
    this.keyHash = keyHash;
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

  get orphanedReplies(): number {
    return this.log.orphanedReplies;
  }

  shorten(bytes: number): number {
    return this.log.shorten(bytes);
  }
}

/** What a store gives a log: its room's key hash, counts shared by all logs of the store, and a callback. */
interface MemoryLogParts {
  readonly keyHash?: RoomKeyHash | null;
  readonly window?: WindowTally;
  readonly replies?: ReplyTally;
  readonly onClosed?: () => void;
}

/** A log that lives as long as the process, even while its room is not open. After a restart the room has a new epoch. */
export class MemoryLog implements RoomLog {
  readonly keyHash: RoomKeyHash | null;
  readonly epoch: Epoch;
  presence: LocalPresence;
  readonly #core: Core;
  readonly #window: EventWindow;
  readonly #dedupe: Dedupe;
  readonly #tally: WindowTally;
  readonly #onClosed: () => void;
  /** While the log is closed: bytes of replies whose event is gone. The cost of an event includes that of its reply. */
  #repliesCost = 0;
  #listener: LogListener | null = null;

  constructor(
    core: Core,
    { keyHash = null, window = { bytes: 0 }, replies, onClosed = () => {} }: MemoryLogParts = {},
  ) {
    this.keyHash = keyHash;
    this.epoch = newEpoch(core.random);
    this.#core = core;
    this.#window = new EventWindow(core.settings, window, costInMemory);
    this.#dedupe = new Dedupe(core.settings.dedupeMs, replies);
    this.#tally = window;
    this.#onClosed = onClosed;
    this.presence = new LocalPresence(core, this);
  }

  get head(): number {
    return this.#window.head;
  }

  get oldest(): number {
    return this.#window.oldest;
  }

  get bytes(): number {
    return this.#window.bytes;
  }

  /** Bytes of its events and of the replies it keeps. */
  get cost(): number {
    return this.#window.cost + this.#repliesCost;
  }

  /** Bytes of the events that can be deleted. */
  get spare(): number {
    return this.#window.spare;
  }

  shorten(bytes: number): number {
    return this.#window.shorten(bytes);
  }

  /** Replies that are remembered although their events are gone. Forgets those that are old enough. */
  get orphanedReplies(): number {
    this.#dedupe.forget(this.#core.clock.monotonicNow(), this.oldest);
    return Math.max(0, this.#dedupe.size - (this.head - this.oldest + 1));
  }

  clear(): void {
    this.#window.clear();
    this.#dedupe.clear();
    this.#chargeReplies(0);
  }

  /** Prepares a log, new or closed, for another `Room`. */
  open(): void {
    this.#chargeReplies(0);
    this.presence = new LocalPresence(this.#core, this);
  }

  listen(listener: LogListener): void {
    this.#listener = listener;
  }

  append(draft: Draft): Promise<number> {
    const known = draft.type === "message" ? this.replyTo(draft.from.id, draft.id) : undefined;
    if (known !== undefined) return Promise.resolve(known);
    const at = this.#core.clock.wallNow();
    const event = numbered(draft, this.head + 1, at);
    const bytes = sizeOf(JSON.stringify(event));
    this.#window.push({ event, bytes, at });
    this.#window.evict();
    if (event.type === "message") {
      this.#dedupe.remember(event.from.id, event.id, event.seq, this.#core.clock.monotonicNow(), this.oldest);
    }
    this.#listener?.stored(event, bytes);
    return Promise.resolve(event.seq);
  }

  replyTo(member: MemberId, id: CommandId): number | undefined {
    return this.#dedupe.seqOf(member, id);
  }

  findReply(member: MemberId, id: CommandId): Promise<number | undefined> {
    return Promise.resolve(this.replyTo(member, id));
  }

  broadcast(event: EphemeralEvent): void {
    this.#listener?.ephemeral(event);
  }

  read(after: Position, limit: ReadLimit): Promise<Read> {
    const { oldest } = this;
    if (after.epoch !== this.epoch || after.seq > this.head) return Promise.resolve(this.#gap(null));
    if (after.seq < oldest - 1) return Promise.resolve(this.#gap(oldest - 1 - after.seq));
    const { to, bytes } = this.#window.rangeAfter(after.seq, limit);
    return Promise.resolve({ kind: "events", events: this.#slice(after.seq + 1, to), bytes });
  }

  before({ epoch, seq }: Position, limit: number, bytes = Number.POSITIVE_INFINITY): Promise<readonly DurableEvent[]> {
    if (epoch !== this.epoch) return Promise.resolve([]);
    const end = Math.min(seq, this.head);
    return Promise.resolve(this.#slice(this.#window.firstBefore(end, limit, bytes), end));
  }

  close(): Promise<void> {
    this.#listener = null;
    this.presence.stop();
    this.#chargeReplies(REPLY_BYTES * this.#dedupe.orphans(this.oldest));
    this.#onClosed();
    return Promise.resolve();
  }

  #chargeReplies(cost: number): void {
    this.#tally.bytes += cost - this.#repliesCost;
    this.#repliesCost = cost;
  }

  #slice(from: number, to: number): DurableEvent[] {
    const events: DurableEvent[] = [];
    for (let seq = from; seq <= to; seq += 1) {
      const { event } = this.#window.entry(seq);
      if (event !== null) events.push(event);
    }
    return events;
  }

  #gap(missed: number | null): Read {
    return { kind: "gap", position: { epoch: this.epoch, seq: this.oldest - 1 }, missed };
  }
}

/**
 * Remembers revoked sessions until their tokens expire, up to a limit. Beyond it the oldest are dropped. From
 * then on, a session that expires no later than a dropped one counts as revoked unless the server is using it. Its client
 * opens another.
 */
export class MemoryRevokedSessions implements RevokedSessions {
  /** In the order of revocation, which is nearly that of expiry: all tokens are valid for the same time. */
  readonly #until = new Map<MemberId, number>();
  readonly #hasPassed: (until: number) => boolean;
  readonly #most: number;
  #droppedUntil = 0;

  constructor(hasPassed: (until: number) => boolean, most = MOST_REVOKED) {
    this.#hasPassed = hasPassed;
    this.#most = most;
  }

  has(member: MemberId, until: number): boolean {
    return until <= this.#droppedUntil || this.#until.has(member);
  }

  add(member: MemberId, until: number): Promise<void> {
    for (const [oldMember, oldUntil] of this.#until) {
      const passed = this.#hasPassed(oldUntil);
      if (!passed && this.#until.size < this.#most) break;
      this.#until.delete(oldMember);
      if (!passed) this.#droppedUntil = Math.max(this.#droppedUntil, oldUntil);
    }
    this.#until.set(member, until);
    return Promise.resolve();
  }
}
