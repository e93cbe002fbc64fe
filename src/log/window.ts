import type { ReadLimit } from "../chat/log-port.ts";
import type { DurableEvent } from "../protocol/events.ts";

/** One event of a window. */
export interface Entry {
  /** null if the event itself is only in the store, not in memory. */
  readonly event: DurableEvent | null;
  readonly bytes: number;
  /** By the store's clock, in ms since 1970; the time in the event itself is the wall clock's. */
  readonly at: number;
}

const DROPPED: Entry = { event: null, bytes: 0, at: 0 };

export interface Bounds {
  readonly replayEvents: number;
  readonly replayBytes: number;
}

/** Bytes of the events of several windows together. */
export interface WindowTally {
  bytes: number;
}

/** The newest events of a log, without holes, within bounds of count, size and age. The oldest are dropped first. */
export class EventWindow {
  readonly #bounds: Bounds;
  readonly #tally: WindowTally;
  /** Returns the bytes an event of this size takes. */
  readonly #costOf: (size: number) => number;
  /** A ring buffer would save the compaction below but cost an index calculation in every read. */
  #entries: Entry[] = [];
  #first = 0;
  #head: number;
  #bytes = 0;
  #cost = 0;

  /** `head`: the seq before the first event that will be pushed. */
  constructor(bounds: Bounds, tally: WindowTally, costOf: (size: number) => number, head = 0) {
    this.#bounds = bounds;
    this.#tally = tally;
    this.#costOf = costOf;
    this.#head = head;
  }

  get head(): number {
    return this.#head;
  }

  get oldest(): number {
    return this.#head - (this.#entries.length - this.#first) + 1;
  }

  /** Bytes of its events' JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of its events as stored. */
  get cost(): number {
    return this.#cost;
  }

  /** Bytes that can be freed: of all but the newest event. */
  get spare(): number {
    const newest = this.#entries.at(-1);
    return newest === undefined || this.#entries.length === this.#first ? 0 : this.#cost - this.#costOf(newest.bytes);
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#head += 1;
    this.#bytes += entry.bytes;
    this.#charge(this.#costOf(entry.bytes));
  }

  /** Drops events beyond the bounds or older than `notBefore`; the newest only if it is too old. Returns the bytes freed. */
  evict(notBefore = Number.NEGATIVE_INFINITY): number {
    const before = this.#cost;
    for (let entry = this.#entries[this.#first]; entry !== undefined; entry = this.#entries[this.#first]) {
      const count = this.#entries.length - this.#first;
      const over = count > this.#bounds.replayEvents || (this.#bytes > this.#bounds.replayBytes && count > 1);
      if (!over && entry.at >= notBefore) break;
      this.#drop(entry);
    }
    this.#compact();
    return before - this.#cost;
  }

  /** Drops the oldest events until `bytes` are free, but never the newest. Returns the bytes freed. */
  shorten(bytes: number): number {
    const before = this.#cost;
    for (let entry = this.#entries[this.#first]; entry !== undefined; entry = this.#entries[this.#first]) {
      if (before - this.#cost >= bytes || this.#first === this.#entries.length - 1) break;
      this.#drop(entry);
    }
    this.#compact();
    return before - this.#cost;
  }

  #drop(entry: Entry): void {
    this.#bytes -= entry.bytes;
    this.#charge(-this.#costOf(entry.bytes));
    // The array is compacted later; the event must be collectable now.
    this.#entries[this.#first] = DROPPED;
    this.#first += 1;
  }

  #charge(cost: number): void {
    this.#cost += cost;
    this.#tally.bytes += cost;
  }

  #compact(): void {
    // Compacting only when half of the array is dropped keeps eviction at a constant cost per event.
    if (this.#first > 1_024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  entry(seq: number): Entry {
    const entry = this.#entries[this.#first + seq - this.oldest];
    if (entry === undefined) throw new RangeError(`Seq ${seq} is not between ${this.oldest} and ${this.#head}.`);
    return entry;
  }

  /** Returns the last seq of a read after `after` within its limit, and the bytes of the events. */
  rangeAfter(after: number, limit: ReadLimit): { readonly to: number; readonly bytes: number } {
    const end = Math.min(limit.upTo, this.#head, after + limit.events);
    let bytes = 0;
    let to = after;
    while (to < end) {
      const entry = this.entry(to + 1);
      if (to > after && bytes + entry.bytes > limit.bytes) break;
      bytes += entry.bytes;
      to += 1;
    }
    return { to, bytes };
  }

  /**
   * Returns the first seq of a read that ends with event `seq` and stays within both limits. Event `seq` is in it even if
   * it has more than `mostBytes`.
   */
  firstBefore(seq: number, events: number, mostBytes: number): number {
    const least = Math.max(this.oldest, seq - events + 1);
    let from = seq + 1;
    let bytes = 0;
    while (from > least) {
      bytes += this.entry(from - 1).bytes;
      if (from <= seq && bytes > mostBytes) break;
      from -= 1;
    }
    return from;
  }

  /** Drops every event, also from the tally. */
  clear(): void {
    this.#charge(-this.#cost);
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
