import type { DownEvent } from "../protocol/events.ts";
import type { Epoch } from "../protocol/ids.ts";
import type { Wire } from "./ports.ts";
import type { Reader } from "./reader.ts";

/**
 * All readers of one transport that are at the head: each new batch is framed once and written to every one of them.
 * A dense array, because walking it is the hot path: at 500 readers everything else in a broadcast is done once.
 */
export class Lane<Frame> {
  readonly wire: Wire<Frame>;
  /** Monotonic ms of the last broadcast: a reader's silence is counted from it, so that a write needs no note per reader. */
  lastWriteAt = 0;
  readonly #readers: Reader<Frame>[] = [];

  constructor(wire: Wire<Frame>) {
    this.wire = wire;
  }

  get size(): number {
    return this.#readers.length;
  }

  add(reader: Reader<Frame>): void {
    reader.place = this.#readers.length;
    this.#readers.push(reader);
  }

  remove(reader: Reader<Frame>): void {
    const last = this.#readers.pop();
    if (last !== undefined && last !== reader) {
      last.place = reader.place;
      this.#readers[reader.place] = last;
    }
    reader.place = -1;
  }

  /** Hands `frame` to every reader standing at `from`; `to` is where they stand after it. */
  broadcast(frame: Frame, from: number, to: number, elapsed: number): void {
    this.lastWriteAt = elapsed;
    // Backwards, so that removing the reader at hand moves only one that has had its write; the check of `seq` makes
    // a second write impossible whatever an outlet does.
    for (let place = this.#readers.length - 1; place >= 0; place -= 1) {
      const reader = this.#readers[place];
      if (reader === undefined || reader.seq !== from) continue;
      reader.seq = to;
      const answer = reader.outlet.write(frame);
      if (answer !== "more") reader.settle(answer);
    }
  }
}

/**
 * The frames of one transport in one room, by the places they lead from and to: readers who catch up over the same
 * stretch, and polls that missed the same broadcast, share one.
 */
export class FrameCache<Frame> {
  readonly #wire: Wire<Frame>;
  readonly #epoch: Epoch;
  readonly #frames = new Map<string, Frame>();

  constructor(wire: Wire<Frame>, epoch: Epoch) {
    this.#wire = wire;
    this.#epoch = epoch;
  }

  frame(from: number, events: readonly DownEvent[]): Frame {
    const key = `${from}+${events.length}`;
    const known = this.#frames.get(key);
    if (known !== undefined) return known;
    const frame = this.#wire.frame(events, this.#epoch);
    this.#frames.set(key, frame);
    // A stretch is asked for again within moments or not at all.
    if (this.#frames.size > 8) this.#frames.delete(this.#frames.keys().next().value ?? "");
    return frame;
  }

  /** A frame of passing events, which nobody asks for again. */
  passing(events: readonly DownEvent[]): Frame {
    return this.#wire.frame(events, this.#epoch);
  }
}
