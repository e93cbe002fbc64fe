import type { Position } from "../../protocol/cursor.ts";
import type { NumberedEvent } from "../../protocol/events.ts";
import type { Epoch } from "../../protocol/ids.ts";
import { type Draft, NOTHING_KEPT, type Read, type ReadLimit, type Recollection, type RoomLog } from "./contract.ts";
import { numbered } from "./numbered.ts";
import { type Bounds, EventWindow, type Tally } from "./window.ts";

/** A log that lives as long as the process. Its epoch is its own: a room opened again after a restart has a new one. */
export class MemoryLog implements RoomLog {
  readonly epoch: Epoch;
  readonly #now: () => number;
  readonly #window: EventWindow;
  #listener: ((event: NumberedEvent, bytes: number) => void) | null = null;

  constructor(epoch: Epoch, bounds: Bounds, now: () => number, tally: Tally = { bytes: 0 }) {
    this.epoch = epoch;
    this.#now = now;
    this.#window = new EventWindow(bounds, tally);
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

  recall(): Recollection {
    return NOTHING_KEPT;
  }

  listen(listener: (event: NumberedEvent, bytes: number) => void): void {
    this.#listener = listener;
  }

  append(draft: Draft): Promise<NumberedEvent> {
    const at = this.#now();
    const event = numbered(draft, this.head + 1, at);
    const bytes = Buffer.byteLength(JSON.stringify(event));
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

  close(): Promise<void> {
    this.#listener = null;
    this.#window.clear();
    return Promise.resolve();
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
