import type { Position } from "../../protocol/cursor.ts";
import type { NumberedEvent } from "../../protocol/events.ts";
import type { Epoch } from "../../protocol/ids.ts";
import type { Draft, Read, ReadLimit, RoomLog } from "./contract.ts";

interface Entry {
  readonly event: NumberedEvent;
  readonly bytes: number;
}

interface Bounds {
  readonly replayEvents: number;
  readonly replayBytes: number;
}

/** A log that lives as long as the process. Its epoch is its own: a room opened again after a restart has a new one. */
export class MemoryLog implements RoomLog {
  readonly epoch: Epoch;
  readonly #now: () => number;
  readonly #bounds: Bounds;
  /** A ring would save the compaction below but cost an index calculation at every read. */
  #entries: Entry[] = [];
  #first = 0;
  #head = 0;
  #bytes = 0;
  #listener: ((event: NumberedEvent, bytes: number) => void) | null = null;

  constructor(epoch: Epoch, bounds: Bounds, now: () => number) {
    this.epoch = epoch;
    this.#bounds = bounds;
    this.#now = now;
  }

  get head(): number {
    return this.#head;
  }

  get oldest(): number {
    return this.#head - (this.#entries.length - this.#first) + 1;
  }

  get bytes(): number {
    return this.#bytes;
  }

  listen(listener: (event: NumberedEvent, bytes: number) => void): void {
    this.#listener = listener;
  }

  append(draft: Draft): Promise<NumberedEvent> {
    const { type, ...rest } = draft;
    const event = { type, seq: this.#head + 1, at: this.#now(), ...rest } as NumberedEvent; // a spread loses the union's tie of `type` to the rest
    const bytes = Buffer.byteLength(JSON.stringify(event));
    this.#entries.push({ event, bytes });
    this.#head += 1;
    this.#bytes += bytes;
    this.#evict();
    this.#listener?.(event, bytes);
    return Promise.resolve(event);
  }

  read(after: Position, limit: ReadLimit): Promise<Read> {
    const oldest = this.oldest;
    if (after.epoch !== this.epoch || after.seq > this.#head) return Promise.resolve(this.#gap(null));
    if (after.seq < oldest - 1) return Promise.resolve(this.#gap(oldest - 1 - after.seq));
    const events: NumberedEvent[] = [];
    let bytes = 0;
    const end = Math.min(limit.upTo, this.#head);
    for (let seq = after.seq + 1; seq <= end && events.length < limit.events; seq += 1) {
      const entry = this.#at(seq);
      if (events.length > 0 && bytes + entry.bytes > limit.bytes) break;
      events.push(entry.event);
      bytes += entry.bytes;
    }
    return Promise.resolve({ kind: "events", events, bytes });
  }

  before(seq: number, limit: number): Promise<readonly NumberedEvent[]> {
    const end = Math.min(seq, this.#head);
    const start = Math.max(this.oldest, end - limit + 1);
    const events: NumberedEvent[] = [];
    for (let at = start; at <= end; at += 1) events.push(this.#at(at).event);
    return Promise.resolve(events);
  }

  close(): Promise<void> {
    this.#listener = null;
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
    return Promise.resolve();
  }

  #at(seq: number): Entry {
    const entry = this.#entries[this.#first + seq - this.oldest];
    if (entry === undefined) throw new RangeError(`seq ${seq} is not between ${this.oldest} and ${this.#head}`);
    return entry;
  }

  #gap(missed: number | null): Read {
    return { kind: "gap", position: { epoch: this.epoch, seq: this.oldest - 1 }, missed };
  }

  #evict(): void {
    while (
      this.#entries.length - this.#first > this.#bounds.replayEvents ||
      (this.#bytes > this.#bounds.replayBytes && this.#entries.length - this.#first > 1)
    ) {
      this.#bytes -= this.#entries[this.#first]?.bytes ?? 0;
      this.#first += 1;
    }
    // Dropping the front in one go, and only when it is half of all, keeps eviction at a constant cost per event.
    if (this.#first > 1_024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
