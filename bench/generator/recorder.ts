import { Histogram } from "../statistics/histogram.ts";

const MICROSECONDS = 1_000;

/**
 * Times of one run. Message `first` + n was due at a known moment; every receipt is counted from there, and so is the last
 * of each message. Times are `performance.now()`: the clock all processes share (CLOCK_MONOTONIC), from this one's start.
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

  /** Messages sent that have not come to every undisturbed reader. */
  get backlog(): number {
    return this.#sent - this.#complete;
  }

  /** The next message is meant to go out at `time`. */
  due(time: number): void {
    this.#due[this.#sent] = time;
    this.#sent += 1;
  }

  arrived(reader: number, number: number): void {
    const message = number - this.#first;
    const due = this.#due[message];
    // One of a run before this.
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
