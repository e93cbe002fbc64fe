import { formatCursor, type Position, parseCursor } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Author, DurableEvent, EphemeralEvent } from "../protocol/events.ts";
import type { Cursor, Epoch, RoomName } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import { Dedupe, type ReplyTally } from "./dedupe.ts";
import { FanOut } from "./fan-out.ts";
import type { Draft, Read, RoomLog } from "./log-port.ts";
import type { Wire } from "./ports.ts";
import { Presence, RestoredMembers } from "./presence.ts";
import type { LogFeed, Reader } from "./reader.ts";
import { keyIdOf, type RoomKeyHash } from "./room-key.ts";
import type { Timer } from "./timers.ts";

interface Pending {
  readonly event: DurableEvent;
  readonly bytes: number;
}

/** One room: its log, readers and members. What is stored in one turn of the event loop is broadcast once, at its end. */
export class Room implements LogFeed {
  readonly name: RoomName;
  /** null: the room is public. */
  readonly keyHash: RoomKeyHash | null;
  readonly keyId: string;
  readonly presence = new Presence();
  readonly dedupe: Dedupe;
  readonly fullReaders = new Set<Reader<unknown>>();
  flushed: number;
  bytesFlushed = 0;

  readonly #log: RoomLog;
  readonly #core: Core;
  readonly #restored: RestoredMembers;
  readonly #fanOuts = new Map<Wire<unknown>, FanOut<unknown>>();
  #pending: Pending[] = [];
  #ephemeral: EphemeralEvent[] = [];
  #flushScheduled = false;
  #memberCountTimer: Timer | null = null;
  #lastParsed: { readonly cursor: string; readonly position: Position };

  constructor(name: RoomName, keyHash: RoomKeyHash | null, log: RoomLog, core: Core, replies: ReplyTally) {
    this.name = name;
    this.keyHash = keyHash;
    this.keyId = keyIdOf(keyHash);
    this.#log = log;
    this.#core = core;
    this.dedupe = new Dedupe(core.settings.dedupeMs, replies);
    this.flushed = log.head;
    this.#lastParsed = { cursor: this.headCursor, position: { epoch: log.epoch, seq: log.head } };
    log.listen((event, bytes) => {
      this.#pending.push({ event, bytes });
      this.#scheduleFlush();
    });
    const restored = log.restore();
    this.dedupe.restore(restored.replies, core.clock.monotonicNow());
    for (const author of restored.members) this.presence.add(author, () => undefined);
    this.#restored = new RestoredMembers(core, restored.members, (author) => this.leave(author));
  }

  get epoch(): Epoch {
    return this.#log.epoch;
  }

  /** The newest event's seq, whether it was broadcast yet or not. */
  get head(): number {
    return this.#log.head;
  }

  get oldest(): number {
    return this.#log.oldest;
  }

  get headCursor(): Cursor {
    return formatCursor(this.#log.epoch, this.#log.head);
  }

  /** Parses a cursor as a peer sent it. Throws `malformed`. */
  positionOf(cursor: string): Position {
    // All polls that keep pace send the same cursor: it is parsed once per broadcast.
    if (cursor === this.#lastParsed.cursor) return this.#lastParsed.position;
    const position = parseCursor(cursor);
    if (position === null) throw new ProtocolError("malformed");
    this.#lastParsed = { cursor, position };
    return position;
  }

  /** True if the room has neither members nor readers. */
  get empty(): boolean {
    return (
      this.presence.count === 0 && this.fullReaders.size === 0 && this.#fanOuts.values().every(({ size }) => size === 0)
    );
  }

  append(draft: Draft): Promise<DurableEvent> {
    return this.#log.append(draft);
  }

  read(after: Position): Promise<Read> {
    const { batchEvents, batchBytes } = this.#core.settings;
    return this.#log.read(after, { upTo: this.flushed, events: batchEvents, bytes: batchBytes });
  }

  /** Resolves to the last `limit` events up to and including `seq`, oldest first. */
  before(seq: number, limit: number): Promise<readonly DurableEvent[]> {
    return this.#log.before(seq, limit, this.#core.settings.batchBytes);
  }

  /** Broadcasts an event that is not in the log, with the next flush. */
  broadcastEphemeral(event: EphemeralEvent): void {
    this.#ephemeral.push(event);
    this.#scheduleFlush();
  }

  fanOutOf<Frame>(wire: Wire<Frame>): FanOut<Frame> {
    const known = this.#fanOuts.get(wire);
    // The map's key carries the frame's type: the fan-out was made for this wire.
    if (known !== undefined) return known as FanOut<Frame>;
    const made = new FanOut(wire, this.epoch, this.#core.meter.tally(wire.name), this.#core.timers);
    this.#fanOuts.set(wire, made as FanOut<unknown>);
    return made;
  }

  flushAll(): void {
    while (this.#pending.length > 0) this.#flush();
  }

  /** Makes a member present. Stores `joined` unless the room is crowded. */
  async join(author: Author, via: () => string | undefined): Promise<void> {
    if (this.#restored.reconnect(author.id)) return this.presence.add(author, via);
    if (this.presence.has(author.id)) return;
    this.presence.add(author, via);
    if (this.#crowded) return this.#scheduleMemberCount();
    const transport = via();
    const draft: Draft = { type: "joined", member: author };
    try {
      await this.append(transport === undefined ? draft : { ...draft, via: transport });
    } catch (error) {
      this.presence.remove(author.id);
      throw error;
    }
  }

  /** Makes a member absent. Resolves to the seq of `left`, or undefined if none was stored. */
  async leave(author: Author): Promise<number | undefined> {
    const crowded = this.#crowded;
    this.#restored.reconnect(author.id);
    if (!this.presence.remove(author.id)) return undefined;
    if (crowded) {
      this.#scheduleMemberCount();
      return undefined;
    }
    try {
      const event = await this.append({ type: "left", member: author });
      return event.seq;
    } catch (error) {
      // `left` was not stored, so the member is still present.
      this.presence.add(author, () => undefined);
      throw error;
    }
  }

  /** Replies that are remembered although their events are gone. Forgets those that are old enough. */
  get orphanedReplies(): number {
    this.dedupe.forget(this.#core.clock.monotonicNow(), this.oldest);
    return Math.max(0, this.dedupe.size - (this.head - this.oldest + 1));
  }

  async close(): Promise<void> {
    this.#memberCountTimer?.cancel();
    this.#restored.stop();
    for (const { frames } of this.#fanOuts.values()) frames.clear();
    await this.#log.close(() => this.dedupe.replies(this.#core.clock.monotonicNow()));
    this.dedupe.clear();
  }

  /** In a crowded room joins and leaves are not announced one by one; a member count is broadcast from time to time. */
  get #crowded(): boolean {
    return this.presence.count > this.#core.settings.censusFrom;
  }

  #scheduleMemberCount(): void {
    this.#memberCountTimer ??= this.#core.timers.after(this.#core.settings.censusEveryMs, () => {
      this.#memberCountTimer = null;
      this.broadcastEphemeral({ type: "census", at: this.#core.clock.wallNow(), count: this.presence.count });
    });
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#core.defer(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#takeBatch();
    const ephemeral = this.#ephemeral;
    if (batch.events.length === 0 && ephemeral.length === 0) return;
    this.#ephemeral = [];
    const from = this.flushed;
    this.flushed += batch.events.length;
    this.bytesFlushed += batch.bytes;
    const begun = this.#core.clock.monotonicNow();
    for (const fanOut of this.#fanOuts.values()) {
      if (fanOut.size === 0) continue;
      const { frames } = fanOut;
      const frame =
        ephemeral.length === 0 ? frames.frame(from, batch.events) : frames.ephemeral([...batch.events, ...ephemeral]);
      fanOut.broadcast(frame, this.flushed, begun);
    }
    this.#core.meter.broadcast(this.#core.clock.monotonicNow() - begun);
    for (const reader of this.fullReaders) {
      if (reader.bytesBehind > this.#core.settings.slowBytes) reader.bye("slow_consumer");
    }
    if (this.#pending.length > 0) this.#scheduleFlush();
  }

  #takeBatch(): { events: DurableEvent[]; bytes: number } {
    const { batchEvents, batchBytes } = this.#core.settings;
    const events: DurableEvent[] = [];
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
