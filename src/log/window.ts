import type { NumberedEvent } from "../protocol/events.ts";
import type { ReadLimit } from "./contract.ts";

/** What the window knows of one event. */
export interface Entry {
  /** Null when only its place is known: the event itself is in the store. */
  readonly event: NumberedEvent | null;
  readonly bytes: number;
  /** By the store's clock, in milliseconds since 1970: not the time in the event, which is the wall clock's. */
  readonly at: number;
}

const GONE: Entry = { event: null, bytes: 0, at: 0 };

export interface Bounds {
  readonly replayEvents: number;
  readonly replayBytes: number;
}

/** What the events of several windows take together. */
export interface Tally {
  bytes: number;
}

/** The newest events of a log, without holes: how many, how large, how old. What exceeds its bounds falls out in front. */
export class EventWindow {
  readonly #bounds: Bounds;
  readonly #tally: Tally;
  /** What an event of that size takes. */
  readonly #costOf: (size: number) => number;
  /** A ring would save the compaction below but cost an index calculation at every read. */
  #entries: Entry[] = [];
  #first = 0;
  #head: number;
  #bytes = 0;
  #cost = 0;

  /** `head`: the seq before the first event that will be pushed. */
  constructor(bounds: Bounds, tally: Tally, costOf: (size: number) => number, head = 0) {
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

  get bytes(): number {
    return this.#bytes;
  }

  /** What its events take. */
  get cost(): number {
    return this.#cost;
  }

  /** What may go of that: all but the newest event. */
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

  /** Drops what is beyond the bounds; the newest event stays unless it is too old. Returns what that frees. */
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

  /** Drops the oldest events until `bytes` are free, but never the newest. Returns how many bytes that freed. */
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
    // Its place is given back later, with those of others; the event is not to wait for that.
    this.#entries[this.#first] = GONE;
    this.#first += 1;
  }

  #charge(cost: number): void {
    this.#cost += cost;
    this.#tally.bytes += cost;
  }

  #compact(): void {
    // Dropping the front in one go, and only when it is half of all, keeps eviction at a constant cost per event.
    if (this.#first > 1_024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  entry(seq: number): Entry {
    const entry = this.#entries[this.#first + seq - this.oldest];
    if (entry === undefined) throw new RangeError(`seq ${seq} is not between ${this.oldest} and ${this.#head}`);
    return entry;
  }

  /** Where a read that begins after `after` ends by its limit, and how many bytes that is. */
  stretch(after: number, limit: ReadLimit): { readonly to: number; readonly bytes: number } {
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

  /** Where a read backwards from `seq` begins by its limit: at `seq` itself if that alone is larger. */
  reach(seq: number, events: number, mostBytes: number): number {
    const end = Math.max(this.oldest, seq - events + 1);
    let from = seq + 1;
    let bytes = 0;
    while (from > end) {
      bytes += this.entry(from - 1).bytes;
      if (from <= seq && bytes > mostBytes) break;
      from -= 1;
    }
    return from;
  }

  /** Forgets every event; the tally no longer counts them. */
  clear(): void {
    this.#charge(-this.#cost);
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
