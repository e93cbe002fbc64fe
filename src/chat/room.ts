import type { Draft, Read, RoomLog } from "../log/contract.ts";
import { formatCursor, type Position, parseCursor } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Author, NumberedEvent, PassingEvent } from "../protocol/events.ts";
import type { Cursor, Epoch, RoomName } from "../protocol/ids.ts";
import { Absentees } from "./absentees.ts";
import type { Core } from "./core.ts";
import { Dedupe, type ReplyTally } from "./dedupe.ts";
import { FrameCache, Lane } from "./lane.ts";
import { lockName, type RoomLock } from "./lock.ts";
import type { Meter, Wire } from "./ports.ts";
import { Presence } from "./presence.ts";
import type { Reader } from "./reader.ts";
import type { Settings } from "./settings.ts";
import type { Timer } from "./timers.ts";

interface Pending {
  readonly event: NumberedEvent;
  readonly bytes: number;
}

/** A log, its readers and its members. Appending marks the room; once per turn of the event loop it hands out what is new. */
export class Room {
  readonly name: RoomName;
  /** null: it is open to all. */
  readonly lock: RoomLock | null;
  readonly lockName: string;
  readonly settings: Settings;
  readonly presence = new Presence();
  readonly dedupe: Dedupe;
  /** Readers whose way down is full. */
  readonly behind = new Set<Reader<unknown>>();
  /** All before and with this seq has been handed to the readers at the head. */
  flushed: number;
  /** Bytes of events handed out since the room was opened. */
  bytesFlushed = 0;

  readonly #log: RoomLog;
  readonly #core: Core;
  readonly #absentees: Absentees;
  readonly #lanes = new Map<Wire<unknown>, { lane: Lane<unknown>; frames: FrameCache<unknown> }>();
  #pending: Pending[] = [];
  #passing: PassingEvent[] = [];
  #marked = false;
  #census: Timer | null = null;
  #lastPlace: { readonly cursor: string; readonly position: Position };

  constructor(name: RoomName, lock: RoomLock | null, log: RoomLog, core: Core, replies: ReplyTally) {
    this.name = name;
    this.lock = lock;
    this.lockName = lockName(lock);
    this.#log = log;
    this.#core = core;
    this.settings = core.settings;
    this.dedupe = new Dedupe(core.settings.dedupeMs, replies);
    this.flushed = log.head;
    this.#lastPlace = { cursor: this.headCursor, position: { epoch: log.epoch, seq: log.head } };
    log.listen((event, bytes) => {
      this.#pending.push({ event, bytes });
      this.#mark();
    });
    const recollection = log.recall();
    this.dedupe.recall(recollection.replies, core.clock.monotonicNow());
    this.#absentees = new Absentees(this, recollection.members, core.settings.lingerMs);
  }

  get epoch(): Epoch {
    return this.#log.epoch;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** The newest event's seq, whether handed out yet or not. */
  get head(): number {
    return this.#log.head;
  }

  get oldest(): number {
    return this.#log.oldest;
  }

  /** A cursor as a peer wrote it, taken apart. Throws `malformed`. */
  placeOf(cursor: string): Position {
    // Polls that kept pace all name this one place: it is taken apart once per broadcast.
    if (cursor === this.#lastPlace.cursor) return this.#lastPlace.position;
    const position = parseCursor(cursor);
    if (position === null) throw new ProtocolError("malformed");
    this.#lastPlace = { cursor, position };
    return position;
  }

  get headCursor(): Cursor {
    return formatCursor(this.#log.epoch, this.#log.head);
  }

  /** Nobody is here and nobody reads. */
  get empty(): boolean {
    return (
      this.presence.count === 0 &&
      this.behind.size === 0 &&
      [...this.#lanes.values()].every(({ lane }) => lane.size === 0)
    );
  }

  get meter(): Meter {
    return this.#core.meter;
  }

  now = (): number => this.#core.clock.wallNow();
  elapsed = (): number => this.#core.clock.monotonicNow();

  after(ms: number, task: () => void, slackMs?: number): Timer {
    return this.#core.timers.after(ms, task, slackMs);
  }

  report(error: unknown): void {
    this.#core.report(error);
  }

  append(draft: Draft): Promise<NumberedEvent> {
    return this.#log.append(draft);
  }

  /** What a reader that is behind gets next; never beyond what has been handed out, so that it meets its lane exactly. */
  read(after: Position): Promise<Read> {
    const { batchEvents, batchBytes } = this.settings;
    return this.#log.read(after, { upTo: this.flushed, events: batchEvents, bytes: batchBytes });
  }

  before(seq: number, limit: number): Promise<readonly NumberedEvent[]> {
    return this.#log.before(seq, limit, this.settings.batchBytes);
  }

  /** Hands an event that is not in the log to the readers at the head, with the next flush. */
  pass(event: PassingEvent): void {
    this.#passing.push(event);
    this.#mark();
  }

  /** Above the limit joins and leaves are not told one by one; a count goes out now and then. */
  get crowded(): boolean {
    return this.presence.count > this.settings.censusFrom;
  }

  callCensus(): void {
    this.#census ??= this.#core.timers.after(this.settings.censusEveryMs, () => {
      this.#census = null;
      this.pass({ type: "census", at: this.now(), count: this.presence.count });
    });
  }

  /** The lane and the frames of one transport, made at its first reader. */
  laneOf<Frame>(wire: Wire<Frame>): { lane: Lane<Frame>; frames: FrameCache<Frame> } {
    const known = this.#lanes.get(wire);
    // The map's key carries the frame's type: what was put in under this wire is of this wire.
    if (known !== undefined) return known as { lane: Lane<Frame>; frames: FrameCache<Frame> };
    const made = { lane: new Lane(wire, this.meter.tally(wire.name)), frames: new FrameCache(wire, this.epoch) };
    this.#lanes.set(wire, made);
    return made;
  }

  /** Hands out all that is pending, at once: for a reader whose cursor is already beyond what was handed out. */
  flushAll(): void {
    while (this.#pending.length > 0) this.#flush();
  }

  /** Takes a member in. Appends `joined` unless the room is crowded. */
  async join(author: Author, via: () => string | undefined): Promise<void> {
    if (this.#absentees.back(author.id)) return this.presence.add(author, via);
    if (this.presence.has(author.id)) return;
    this.presence.add(author, via);
    if (this.crowded) return this.callCensus();
    const transport = via();
    const draft: Draft = { type: "joined", member: author };
    try {
      await this.append(transport === undefined ? draft : { ...draft, via: transport });
    } catch (error) {
      this.presence.remove(author.id);
      throw error;
    }
  }

  /** Lets a member go; resolves to the seq of `left`, or undefined where none was appended. */
  async leave(author: Author): Promise<number | undefined> {
    const crowded = this.crowded;
    this.#absentees.back(author.id);
    if (!this.presence.remove(author.id)) return undefined;
    if (crowded) {
      this.callCensus();
      return undefined;
    }
    try {
      const event = await this.append({ type: "left", member: author });
      return event.seq;
    } catch (error) {
      // Nobody was told: it is still there until somebody can be.
      this.presence.add(author, () => undefined);
      throw error;
    }
  }

  /** Replies that are remembered though their events are gone; forgets those whose time is up. */
  get repliesAlone(): number {
    this.dedupe.forget(this.elapsed(), this.oldest);
    return Math.max(0, this.dedupe.size - (this.head - this.oldest + 1));
  }

  async close(): Promise<void> {
    this.#census?.cancel();
    this.#absentees.rest();
    await this.#log.close(() => this.dedupe.replies(this.elapsed()));
    this.dedupe.clear();
  }

  #mark(): void {
    if (this.#marked) return;
    this.#marked = true;
    this.#core.defer(() => {
      this.#marked = false;
      this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#takeBatch();
    const passing = this.#passing;
    if (batch.events.length === 0 && passing.length === 0) return;
    this.#passing = [];
    const from = this.flushed;
    this.flushed += batch.events.length;
    this.bytesFlushed += batch.bytes;
    const elapsed = this.elapsed();
    for (const { lane, frames } of this.#lanes.values()) {
      if (lane.size === 0) continue;
      const frame =
        passing.length === 0 ? frames.frame(from, batch.events) : frames.passing([...batch.events, ...passing]);
      lane.broadcast(frame, this.flushed, elapsed);
    }
    this.meter.broadcast(this.elapsed() - elapsed);
    for (const reader of this.behind) {
      if (reader.bytesBehind > this.settings.slowBytes) reader.bye("slow_consumer");
    }
    if (this.#pending.length > 0) this.#mark();
  }

  #takeBatch(): { events: NumberedEvent[]; bytes: number } {
    const { batchEvents, batchBytes } = this.settings;
    const events: NumberedEvent[] = [];
    let bytes = 0;
    for (const next of this.#pending) {
      if (events.length === batchEvents || (events.length > 0 && bytes + next.bytes > batchBytes)) break;
      events.push(next.event);
      bytes += next.bytes;
    }
    this.#pending = events.length === this.#pending.length ? [] : this.#pending.slice(events.length);
    return { events, bytes };
  }
}
