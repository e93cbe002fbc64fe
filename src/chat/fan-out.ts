import type { DownEvent } from "../protocol/events.ts";
import type { Epoch } from "../protocol/ids.ts";
import type { Outlet, Tally, Wire } from "./ports.ts";
import type { Timer, Timers } from "./timers.ts";

/** A reader as the fan-out sees it. */
export interface Subscriber<Frame> {
  readonly outlet: Outlet<Frame>;
  /** The last event written. The fan-out sets it when the subscriber is removed. */
  seq: number;
  /** Index in the fan-out's arrays; -1 outside. The fan-out sets it. */
  fanOutIndex: number;
  /** Handles a write that returned something else than `more`. */
  onWriteResult(result: "full" | "done"): void;
  /** Leaves the fan-out and reads the log from its own position. */
  fallBehind(): void;
}

/**
 * All readers of one transport that are at a room's head. Each batch is framed once and written to every one of them.
 *
 * The outlets have an array of their own, because writing to each of them is the hot path: everything else in a broadcast
 * happens once. To touch each subscriber too, if only to set its seq, would cost a cache miss per reader.
 */
export class FanOut<Frame> {
  readonly wire: Wire<Frame>;
  readonly frames: FrameCache<Frame>;
  /** Traffic of the transport in all rooms. */
  readonly tally: Tally;
  /** Monotonic ms of the last broadcast. Idle timers look here, so that a broadcast need not update each reader. */
  lastWriteAt = 0;
  readonly #subscribers: (Subscriber<Frame> | undefined)[] = [];
  readonly #outlets: (Outlet<Frame> | undefined)[] = [];
  /** The last event written to all of them. */
  #seq = 0;
  #broadcasting = false;
  /** Entries that were cleared during a broadcast, not yet removed. */
  #holes = 0;

  constructor(wire: Wire<Frame>, epoch: Epoch, tally: Tally, timers: Timers) {
    this.wire = wire;
    this.frames = new FrameCache(wire, epoch, timers);
    this.tally = tally;
  }

  get size(): number {
    return this.#subscribers.length - this.#holes;
  }

  /** Adds a subscriber whose seq is the head. */
  add(subscriber: Subscriber<Frame>): void {
    this.#seq = subscriber.seq;
    subscriber.fanOutIndex = this.#subscribers.length;
    this.#subscribers.push(subscriber);
    this.#outlets.push(subscriber.outlet);
  }

  remove(subscriber: Subscriber<Frame>): void {
    const index = subscriber.fanOutIndex;
    subscriber.seq = this.#seq;
    subscriber.fanOutIndex = -1;
    // Don't reorder during a broadcast: a moved reader could be skipped or written twice.
    if (this.#broadcasting) {
      this.#subscribers[index] = undefined;
      this.#outlets[index] = undefined;
      this.#holes += 1;
      return;
    }
    const last = this.#subscribers.pop();
    const outlet = this.#outlets.pop();
    if (last === undefined || last === subscriber) return;
    last.fanOutIndex = index;
    this.#subscribers[index] = last;
    this.#outlets[index] = outlet;
  }

  /** Writes `frame` to every subscriber; its last event is `to`. */
  broadcast(frame: Frame, to: number, now: number): void {
    this.lastWriteAt = now;
    count(this.tally, frame, this.size, to - this.#seq);
    this.#seq = to;
    this.#broadcasting = true;
    for (let index = 0; index < this.#outlets.length; index += 1) {
      const result = this.#outlets[index]?.write(frame) ?? "more";
      if (result !== "more") this.#subscribers[index]?.onWriteResult(result);
    }
    this.#broadcasting = false;
    if (this.#holes > 0) this.#compact();
  }

  /** Makes frames for the new epoch from now on. All subscribers read the log again. */
  changeEpoch(epoch: Epoch): void {
    this.frames.changeEpoch(epoch);
    for (const subscriber of [...this.#subscribers]) subscriber?.fallBehind();
  }

  #compact(): void {
    let kept = 0;
    for (const subscriber of this.#subscribers) {
      if (subscriber === undefined) continue;
      subscriber.fanOutIndex = kept;
      this.#subscribers[kept] = subscriber;
      this.#outlets[kept] = subscriber.outlet;
      kept += 1;
    }
    this.#subscribers.length = kept;
    this.#outlets.length = kept;
    this.#holes = 0;
  }
}

/** Counts a frame that is written to `readers`. `events`: how many durable events it contains. */
export function count(tally: Tally, frame: unknown, readers: number, events: number): void {
  tally.writes += readers;
  tally.deliveries += readers * events;
  if (typeof frame === "object" && frame !== null && "length" in frame && typeof frame.length === "number")
    tally.bytes += readers * frame.length;
}

/** A few are enough: readers that need the same range of events need it at nearly the same time. */
const MAX_FRAMES = 8;
const KEEP_FRAMES_MS = 1_000;

/**
 * The frames of the last second of one transport in one room, by the range of events in them. Readers that catch up over
 * the same range, and polls that missed the same broadcast, share one frame. A quiet room keeps none, so the memory of all
 * caches is bounded by what senders may send in a second.
 */
export class FrameCache<Frame> {
  readonly #wire: Wire<Frame>;
  #epoch: Epoch;
  readonly #timers: Timers;
  readonly #frames = new Map<string, Frame>();
  #clearTimer: Timer | null = null;
  #idle: { readonly at: number; readonly frame: Frame } | null = null;

  constructor(wire: Wire<Frame>, epoch: Epoch, timers: Timers) {
    this.#wire = wire;
    this.#epoch = epoch;
    this.#timers = timers;
  }

  /** Returns the frame of the events after seq `from`. */
  frame(from: number, events: readonly DownEvent[]): Frame {
    const key = `${from}+${events.length}`;
    const known = this.#frames.get(key);
    if (known !== undefined) return known;
    const frame = this.ephemeral(events);
    this.#frames.set(key, frame);
    if (this.#frames.size > MAX_FRAMES) this.#frames.delete(this.#frames.keys().next().value ?? "");
    this.#clearTimer ??= this.#timers.after(KEEP_FRAMES_MS, () => this.clear());
    return frame;
  }

  /** Drops the frames of the old epoch: the same seqs may belong to other events now. */
  changeEpoch(epoch: Epoch): void {
    this.#epoch = epoch;
    this.#idle = null;
    this.clear();
  }

  /** Drops all frames. */
  clear(): void {
    this.#frames.clear();
    this.#clearTimer?.cancel();
    this.#clearTimer = null;
  }

  /** Returns the `idle` frame of this millisecond, shared by all readers due in it. `at`: ms since 1970. */
  idle(at: number): Frame {
    if (this.#idle?.at !== at) this.#idle = { at, frame: this.ephemeral([{ type: "idle", at }]) };
    return this.#idle.frame;
  }

  /** Returns a frame that is not cached: it contains events that are not in the log. */
  ephemeral(events: readonly DownEvent[]): Frame {
    return this.#wire.frame(events, this.#epoch);
  }
}
