import type { World } from "./world.ts";

const TICK_MS = 25;
const SLOTS = 1_024;

/** One thing that will happen. */
export interface Timer {
  /** Takes it back; harmless when it has happened. */
  cancel(): void;
}

/** A link of a slot's ring: every poll sets one timer and takes it back, so neither may search or hash. */
class Entry implements Timer {
  readonly due: number;
  readonly task: () => void;
  previous: Entry = this;
  next: Entry = this;
  readonly #wheel: TimerWheel;

  constructor(wheel: TimerWheel, due: number, task: () => void) {
    this.#wheel = wheel;
    this.due = due;
    this.task = task;
  }

  cancel(): void {
    if (this.unlink()) this.#wheel.dropped();
  }

  /** False when it was in no slot any more. */
  unlink(): boolean {
    if (this.next === this) return false;
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
    return true;
  }

  linkBefore(head: Entry): void {
    this.previous = head.previous;
    this.next = head;
    head.previous.next = this;
    head.previous = this;
  }
}

/**
 * All heartbeats, holds and lingers on one interval: a timer costs an insertion into a slot, whatever their number.
 * A task runs at its time or up to one tick (25 ms) later, never earlier. The interval runs only while something is due.
 */
export class TimerWheel {
  readonly #world: World;
  /** Heads of rings; a head is never due itself. */
  readonly #slots: Entry[];
  #tick = 0;
  #size = 0;
  #stop: (() => void) | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#slots = Array.from({ length: SLOTS }, () => new Entry(this, Number.POSITIVE_INFINITY, () => {}));
  }

  /** Timers not yet run or cancelled. */
  get size(): number {
    return this.#size;
  }

  /** Runs `task` once, `ms` from now. */
  after(ms: number, task: () => void): Timer {
    if (this.#stop === null) {
      this.#tick = this.#present();
      this.#stop = this.#world.every(TICK_MS, () => this.#turn());
    }
    // The present tick has partly gone: one more makes "never earlier" true.
    const due = Math.max(this.#present() + Math.ceil(ms / TICK_MS) + 1, this.#tick + 1);
    const entry = new Entry(this, due, task);
    entry.linkBefore(this.#slot(due));
    this.#size += 1;
    return entry;
  }

  /** For `Timer.cancel`: one fewer is due. */
  dropped(): void {
    this.#size -= 1;
    this.#rest();
  }

  #present(): number {
    return Math.floor(this.#world.elapsed() / TICK_MS);
  }

  #slot(tick: number): Entry {
    const slot = this.#slots[tick % SLOTS];
    if (slot === undefined) throw new RangeError(`no slot for tick ${tick}`);
    return slot;
  }

  #turn(): void {
    const present = this.#present();
    // After a stall of more than a whole turn every slot is visited once; visiting one twice would find nothing new.
    const from = Math.max(this.#tick + 1, present - SLOTS + 1);
    for (let tick = from; tick <= present; tick += 1) {
      this.#tick = tick;
      this.#runDue(this.#slot(tick), present);
    }
    this.#rest();
  }

  #runDue(head: Entry, present: number): void {
    const due: Entry[] = [];
    for (let entry = head.next; entry !== head; entry = entry.next) if (entry.due <= present) due.push(entry);
    for (const entry of due) {
      // One of the tasks before it may have taken it back.
      if (!entry.unlink()) continue;
      this.#size -= 1;
      try {
        entry.task();
      } catch (error) {
        this.#world.report(error);
      }
    }
  }

  #rest(): void {
    if (this.#size > 0 || this.#stop === null) return;
    this.#stop();
    this.#stop = null;
  }
}
