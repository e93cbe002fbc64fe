import type { World } from "./world.ts";

const TICK_MS = 25;
const SLOTS = 1_024;

/** One thing that will happen. */
export interface Timer {
  /** Takes it back; harmless when it has happened. */
  cancel(): void;
}

class Entry implements Timer {
  readonly due: number;
  readonly task: () => void;
  readonly #wheel: TimerWheel;

  constructor(wheel: TimerWheel, due: number, task: () => void) {
    this.#wheel = wheel;
    this.due = due;
    this.task = task;
  }

  cancel(): void {
    this.#wheel.drop(this);
  }
}

/**
 * All heartbeats, holds and lingers on one interval: a timer costs an insertion into a slot, whatever their number.
 * A task runs at its time or up to one tick (25 ms) later, never earlier. The interval runs only while something is due.
 */
export class TimerWheel {
  readonly #world: World;
  readonly #slots: Set<Entry>[] = Array.from({ length: SLOTS }, () => new Set<Entry>());
  #tick = 0;
  #size = 0;
  #stop: (() => void) | null = null;

  constructor(world: World) {
    this.#world = world;
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
    this.#slot(due).add(entry);
    this.#size += 1;
    return entry;
  }

  /** For `Timer.cancel`. */
  drop(entry: Entry): void {
    if (this.#slot(entry.due).delete(entry)) this.#size -= 1;
    this.#rest();
  }

  #present(): number {
    return Math.floor(this.#world.elapsed() / TICK_MS);
  }

  #slot(tick: number): Set<Entry> {
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
      const slot = this.#slot(tick);
      for (const entry of slot) {
        if (entry.due > present || !slot.delete(entry)) continue;
        this.#size -= 1;
        try {
          entry.task();
        } catch (error) {
          this.#world.report(error);
        }
      }
    }
    this.#rest();
  }

  #rest(): void {
    if (this.#size > 0 || this.#stop === null) return;
    this.#stop();
    this.#stop = null;
  }
}
