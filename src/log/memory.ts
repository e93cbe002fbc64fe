import type { Position } from "../protocol/cursor.ts";
import type { NumberedEvent } from "../protocol/events.ts";
import type { Epoch } from "../protocol/ids.ts";
import type { Draft, KeptReply, Read, ReadLimit, Recollection, RoomLog } from "./contract.ts";
import { costInMemory, REPLY_BYTES, sizeOf } from "./cost.ts";
import { numbered } from "./numbered.ts";
import { type Bounds, EventWindow, type Tally } from "./window.ts";

/** A log that lives as long as the process, also while its room is not open. After a restart its room has a new epoch. */
export class MemoryLog implements RoomLog {
  readonly epoch: Epoch;
  readonly #now: () => number;
  readonly #window: EventWindow;
  readonly #closed: () => void;
  readonly #tally: Tally;
  #replies: readonly KeptReply[] = [];
  #repliesCost = 0;
  #listener: ((event: NumberedEvent, bytes: number) => void) | null = null;

  constructor(
    epoch: Epoch,
    bounds: Bounds,
    now: () => number,
    tally: Tally = { bytes: 0 },
    closed: () => void = () => {},
  ) {
    this.epoch = epoch;
    this.#now = now;
    this.#window = new EventWindow(bounds, tally, costInMemory);
    this.#tally = tally;
    this.#closed = closed;
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

  /** What its events take, and what may go of that. */
  get cost(): number {
    return this.#window.cost + this.#repliesCost;
  }

  get spare(): number {
    return this.#window.spare;
  }

  shorten(bytes: number): number {
    return this.#window.shorten(bytes);
  }

  /** Forgets everything. */
  clear(): void {
    this.#window.clear();
    this.#keep([]);
  }

  recall(): Recollection {
    const replies = this.#replies;
    this.#keep([]);
    return { replies, members: [] };
  }

  listen(listener: (event: NumberedEvent, bytes: number) => void): void {
    this.#listener = listener;
  }

  append(draft: Draft): Promise<NumberedEvent> {
    const at = this.#now();
    const event = numbered(draft, this.head + 1, at);
    const bytes = sizeOf(JSON.stringify(event));
    this.#window.push({ event, bytes, at });
    this.#window.evict();
    this.#listener?.(event, bytes);
    return Promise.resolve(event);
  }

  read(after: Position, limit: ReadLimit): Promise<Read> {
    const { oldest } = this;
    if (after.epoch !== this.epoch || after.seq > this.head) return Promise.resolve(this.#gap(null));
    if (after.seq < oldest - 1) return Promise.resolve(this.#gap(oldest - 1 - after.seq));
    const { to, bytes } = this.#window.stretch(after.seq, limit);
    return Promise.resolve({ kind: "events", events: this.#slice(after.seq + 1, to), bytes });
  }

  before(seq: number, limit: number, bytes = Number.POSITIVE_INFINITY): Promise<readonly NumberedEvent[]> {
    const end = Math.min(seq, this.head);
    return Promise.resolve(this.#slice(this.#window.reach(end, limit, bytes), end));
  }

  close(replies: () => readonly KeptReply[] = () => []): Promise<void> {
    this.#listener = null;
    this.#keep(replies());
    this.#closed();
    return Promise.resolve();
  }

  /** Those of events that are still held have been paid for with them. */
  #keep(replies: readonly KeptReply[]): void {
    this.#tally.bytes -= this.#repliesCost;
    this.#replies = replies;
    this.#repliesCost = REPLY_BYTES * replies.filter(({ seq }) => seq < this.oldest).length;
    this.#tally.bytes += this.#repliesCost;
  }

  #slice(from: number, to: number): NumberedEvent[] {
    const events: NumberedEvent[] = [];
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
