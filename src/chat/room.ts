import { formatCursor, type Position, parseCursor } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { DurableEvent, EphemeralEvent } from "../protocol/events.ts";
import type { CommandId, Cursor, Epoch, MemberId, RoomName } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import { FanOut } from "./fan-out.ts";
import type { MessageDraft, Presence, Read, RoomLog } from "./log-port.ts";
import type { Wire } from "./ports.ts";
import type { LogFeed, Reader } from "./reader.ts";
import { keyIdOf, type RoomKeyHash } from "./room-key.ts";

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
  readonly presence: Presence;
  readonly fullReaders = new Set<Reader<unknown>>();
  flushed: number;
  bytesFlushed = 0;
  /** True once its log is closed. Sessions must open the room again. */
  closed = false;

  readonly #log: RoomLog;
  readonly #core: Core;
  readonly #fanOuts = new Map<Wire<unknown>, FanOut<unknown>>();
  #pending: Pending[] = [];
  #ephemeral: EphemeralEvent[] = [];
  #flushScheduled = false;
  #lastParsed: { readonly cursor: string; readonly position: Position };

  constructor(name: RoomName, log: RoomLog, core: Core) {
    this.name = name;
    this.keyHash = log.keyHash;
    this.keyId = keyIdOf(log.keyHash);
    this.presence = log.presence;
    this.#log = log;
    this.#core = core;
    this.flushed = log.head;
    this.#lastParsed = { cursor: this.headCursor, position: { epoch: log.epoch, seq: log.head } };
    log.listen({
      stored: (event, bytes) => {
        this.#pending.push({ event, bytes });
        this.#scheduleFlush();
      },
      ephemeral: (event) => {
        this.#ephemeral.push(event);
        this.#scheduleFlush();
      },
      jumped: () => this.#onJumped(),
    });
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
    const position = positionOf(cursor);
    this.#lastParsed = { cursor, position };
    return position;
  }

  /** True if the room has neither members nor readers in this process. */
  get empty(): boolean {
    return (
      !this.presence.inUse && this.fullReaders.size === 0 && this.#fanOuts.values().every(({ size }) => size === 0)
    );
  }

  /** Resolves to the message's seq once it is stored. `byPost`: see `RoomLog.append`. */
  append(draft: MessageDraft, byPost: boolean): Promise<number> {
    return this.#log.append(draft, byPost);
  }

  /** Returns the seq of the message that was stored for this command, if this process knows it. */
  replyTo(member: MemberId, id: CommandId): number | undefined {
    return this.#log.replyTo(member, id);
  }

  /** Resolves to the same, but asks the store. */
  findReply(member: MemberId, id: CommandId): Promise<number | undefined> {
    return this.#log.findReply(member, id);
  }

  read(after: Position): Promise<Read> {
    const { batchEvents, batchBytes } = this.#core.settings;
    return this.#log.read(after, { upTo: this.flushed, events: batchEvents, bytes: batchBytes });
  }

  /** Resolves to the last `limit` events up to and including a position, oldest first. */
  before(position: Position, limit: number): Promise<readonly DurableEvent[]> {
    return this.#log.before(position, limit, this.#core.settings.batchBytes);
  }

  /** Broadcasts an event that is not in the log, with the next flush. */
  broadcastEphemeral(event: EphemeralEvent): void {
    this.#log.broadcast(event);
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

  close(): Promise<void> {
    this.closed = true;
    for (const { frames } of this.#fanOuts.values()) frames.clear();
    return this.#log.close();
  }

  /** Makes the readers at the head read again: the log answers a cursor of the old epoch with a gap. */
  #onJumped(): void {
    this.flushAll(); // under the epoch in which these events were stored
    this.flushed = this.#log.head;
    for (const fanOut of this.#fanOuts.values()) fanOut.changeEpoch(this.#log.epoch);
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

/** Parses a cursor as a peer sent it. Throws `malformed`. */
export function positionOf(cursor: string): Position {
  const position = parseCursor(cursor);
  if (position === null) throw new ProtocolError("malformed");
  return position;
}
