/** The accounts of a row: which message arrived at which reader, and how late. */
import { Histogram } from "../statistics/histogram.ts";

/** Delivery faults, in messages. A message that was never sent counts as duplicated. */
export interface Faults {
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
}

/**
 * Records for every reader which numbered messages arrived. Numbers start at 1 and increase by one per broadcast.
 * A message that arrives after a later one is reordered; one that never arrives is lost.
 */
export class Ledger {
  deliveries = 0;
  #duplicated = 0;
  #reordered = 0;
  #published = 0;
  #awaited = 0;
  #whenComplete: (() => void) | null = null;
  #next = new Uint32Array(0);
  readonly #missing: Set<number>[] = [];

  constructor(readers: number) {
    this.grow(readers);
  }

  /** The number of the last message published. */
  get published(): number {
    return this.#published;
  }

  /** Adds readers. They must receive what is published from now on. */
  grow(readers: number): void {
    const next = new Uint32Array(this.#next.length + readers).fill(this.#published + 1);
    next.set(this.#next);
    this.#next = next;
    for (let count = 0; count < readers; count += 1) this.#missing.push(new Set());
  }

  /** Returns the next message's number, for its sender. Calls `complete` once all readers have the message. */
  nextNumber(complete: () => void): number {
    this.#published += 1;
    this.#awaited = this.#next.length;
    this.#whenComplete = complete;
    return this.#published;
  }

  /** Records message `number` at `reader`. Returns false if it is a duplicate or was never sent. */
  arrive(reader: number, number: number): boolean {
    this.deliveries += 1;
    const next = this.#next[reader];
    if (number > this.#published) {
      this.#duplicated += 1;
      return false;
    }
    if (number === next) this.#next[reader] = number + 1;
    else if (!this.#outOfTurn(reader, number)) return false;
    // A late message of an earlier broadcast does not count towards the current one.
    if (number === this.#published) {
      this.#awaited -= 1;
      if (this.#awaited === 0) this.#whenComplete?.();
    }
    return true;
  }

  /** Returns the faults so far. Messages in flight count as lost, so call it when none is. */
  faults(): Faults {
    let lost = 0;
    for (const next of this.#next) lost += this.#published + 1 - next;
    for (const missing of this.#missing) lost += missing.size;
    return { lost, duplicated: this.#duplicated, reordered: this.#reordered };
  }

  /** Records a number other than the expected one. Returns false if it is a duplicate. */
  #outOfTurn(reader: number, number: number): boolean {
    const next = this.#next[reader];
    const missing = this.#missing[reader];
    if (next === undefined || missing === undefined) throw new RangeError(`there is no reader ${reader}`);
    if (number > next) {
      for (let skipped = next; skipped < number; skipped += 1) missing.add(skipped);
      this.#next[reader] = number + 1;
      return true;
    }
    if (missing.delete(number)) {
      this.#reordered += 1;
      return true;
    }
    this.#duplicated += 1;
    return false;
  }
}

const MICROSECONDS = 1_000;

/**
 * Records the times of one run. Each message has an intended time of sending; latency counts from there to each receipt,
 * and to the last receipt of each message. Times are `performance.now()`: CLOCK_MONOTONIC, which all processes share,
 * from this process's start.
 */
export class Recorder {
  readonly latency = new Histogram();
  readonly lastLatency = new Histogram();
  readonly disturbedLatency = new Histogram();
  readonly #first: number;
  readonly #due: Float64Array;
  /** Receipts of each message by readers that are not disturbed. */
  readonly #receipts: Uint32Array;
  readonly #readers: number;
  /** Readers below this number are disturbed: their times are kept apart. */
  readonly #disturbed: number;
  #sent = 0;
  #complete = 0;

  constructor(first: number, messages: number, readers: number, disturbed = 0) {
    this.#first = first;
    this.#due = new Float64Array(messages);
    this.#receipts = new Uint32Array(messages);
    this.#readers = readers - disturbed;
    this.#disturbed = disturbed;
  }

  /** Messages that were sent and are still missing at an undisturbed reader. */
  get backlog(): number {
    return this.#sent - this.#complete;
  }

  /** Sets the intended time of sending of the next message. */
  due(time: number): void {
    this.#due[this.#sent] = time;
    this.#sent += 1;
  }

  arrived(reader: number, number: number): void {
    const message = number - this.#first;
    const due = this.#due[message];
    // Ignore a message of an earlier run.
    if (due === undefined || message >= this.#sent) return;
    const microseconds = (performance.now() - due) * MICROSECONDS;
    if (reader < this.#disturbed) {
      this.disturbedLatency.record(microseconds);
      return;
    }
    this.latency.record(microseconds);
    const receipts = (this.#receipts[message] ?? 0) + 1;
    this.#receipts[message] = receipts;
    if (receipts !== this.#readers) return;
    this.#complete += 1;
    this.lastLatency.record(microseconds);
  }
}
