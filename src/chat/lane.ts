import type { DownEvent } from "../protocol/events.ts";
import type { Epoch } from "../protocol/ids.ts";
import type { Outlet, Tally, Wire } from "./ports.ts";
import type { Reader } from "./reader.ts";

/**
 * All readers of one transport that are at the head: each new batch is framed once and written to every one of them.
 *
 * Two dense arrays, because walking the outlets is the hot path: at 500 readers all else in a broadcast is done once, and
 * a look at each reader, whose place is the lane's own, would cost a cache miss.
 */
export class Lane<Frame> {
  readonly wire: Wire<Frame>;
  /** Of its transport, in all rooms. */
  readonly tally: Tally;
  /** Monotonic ms of the last broadcast: a reader's silence is counted from it, so that a write needs no note per reader. */
  lastWriteAt = 0;
  readonly #readers: (Reader<Frame> | undefined)[] = [];
  readonly #outlets: (Outlet<Frame> | undefined)[] = [];
  /** The last event written to all of them. */
  #seq = 0;
  #broadcasting = false;
  #left = 0;

  constructor(wire: Wire<Frame>, tally: Tally) {
    this.wire = wire;
    this.tally = tally;
  }

  get size(): number {
    return this.#readers.length - this.#left;
  }

  /** Takes in a reader that stands at the head. */
  add(reader: Reader<Frame>): void {
    this.#seq = reader.seq;
    reader.place = this.#readers.length;
    this.#readers.push(reader);
    this.#outlets.push(reader.outlet);
  }

  /** Lets a reader go on from where it is. */
  remove(reader: Reader<Frame>): void {
    const { place } = reader;
    reader.seq = this.#seq;
    reader.place = -1;
    // Nobody changes places while a broadcast walks by: who did could be passed over, or written to twice.
    if (this.#broadcasting) {
      this.#readers[place] = undefined;
      this.#outlets[place] = undefined;
      this.#left += 1;
      return;
    }
    const last = this.#readers.pop();
    const outlet = this.#outlets.pop();
    if (last === undefined || last === reader) return;
    last.place = place;
    this.#readers[place] = last;
    this.#outlets[place] = outlet;
  }

  /** Hands `frame` to every reader; `to` is where they stand after it. */
  broadcast(frame: Frame, to: number, elapsed: number): void {
    this.lastWriteAt = elapsed;
    count(this.tally, frame, this.size, to - this.#seq);
    this.#seq = to;
    this.#broadcasting = true;
    for (let place = 0; place < this.#outlets.length; place += 1) {
      const answer = this.#outlets[place]?.write(frame) ?? "more";
      if (answer !== "more") this.#readers[place]?.settle(answer);
    }
    this.#broadcasting = false;
    if (this.#left > 0) this.#closeRanks();
  }

  #closeRanks(): void {
    let kept = 0;
    for (const reader of this.#readers) {
      if (reader === undefined) continue;
      reader.place = kept;
      this.#readers[kept] = reader;
      this.#outlets[kept] = reader.outlet;
      kept += 1;
    }
    this.#readers.length = kept;
    this.#outlets.length = kept;
    this.#left = 0;
  }
}

/** Counts a frame, its numbered events, and the readers it goes to. */
export function count(tally: Tally, frame: unknown, readers: number, events: number): void {
  tally.writes += readers;
  tally.deliveries += readers * events;
  if (typeof frame === "object" && frame !== null && "length" in frame && typeof frame.length === "number")
    tally.bytes += readers * frame.length;
}

/**
 * The frames of one transport in one room, by the places they lead from and to: readers who catch up over the same
 * stretch, and polls that missed the same broadcast, share one.
 */
export class FrameCache<Frame> {
  readonly #wire: Wire<Frame>;
  readonly #epoch: Epoch;
  readonly #frames = new Map<string, Frame>();
  #idle: { readonly at: number; readonly frame: Frame } | null = null;

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

  /** The heartbeat of this moment, shared by all who are due in it. `at`: ms since 1970. */
  idle(at: number): Frame {
    if (this.#idle?.at !== at) this.#idle = { at, frame: this.passing([{ type: "idle", at }]) };
    return this.#idle.frame;
  }

  /** A frame of passing events, which nobody asks for again. */
  passing(events: readonly DownEvent[]): Frame {
    return this.#wire.frame(events, this.#epoch);
  }
}
