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
 * All heartbeats, holds and lingers on one timer: one more costs an insertion into a slot, whatever their number.
 * A task runs at its time or up to two ticks (50 ms) later, never earlier unless it allows that. The wheel sleeps until
 * something is due.
 */
export class TimerWheel {
  readonly #world: World;
  /** Heads of rings; a head is never due itself. */
  readonly #slots: Entry[];
  /** The last tick that was worked off. */
  #tick = 0;
  #size = 0;
  /** When it wakes; null while nothing is due, or while it turns. */
  #alarm: { readonly tick: number; readonly stop: () => void } | null = null;
  #turning = false;

  constructor(world: World) {
    this.#world = world;
    this.#slots = Array.from({ length: SLOTS }, () => new Entry(this, Number.POSITIVE_INFINITY, () => {}));
  }

  /** Timers not yet run or cancelled. */
  get size(): number {
    return this.#size;
  }

  /**
   * Runs `task` once, `ms` from now, or up to `earlyMs` before that: in the same turn as others that allow as much.
   * Woken for each alone, 200 heartbeats a second cost three times what they cost in four turns (docs/performance.md).
   */
  after(ms: number, task: () => void, earlyMs = 0): Timer {
    const present = this.#present();
    if (this.#alarm === null && !this.#turning) this.#tick = present;
    // The present tick has partly gone: one more makes "never earlier" true.
    const latest = Math.max(present + Math.ceil(ms / TICK_MS) + 1, this.#tick + 1);
    const entry = new Entry(this, gathered(latest, Math.floor(earlyMs / TICK_MS), this.#tick), task);
    entry.linkBefore(this.#slot(entry.due));
    this.#size += 1;
    if (!this.#turning && (this.#alarm === null || entry.due < this.#alarm.tick)) this.#wakeAt(entry.due);
    return entry;
  }

  /** For `Timer.cancel`: one fewer is due. */
  dropped(): void {
    this.#size -= 1;
    if (this.#size === 0) this.#sleep();
  }

  #present(): number {
    return Math.floor(this.#world.elapsed() / TICK_MS);
  }

  #slot(tick: number): Entry {
    const slot = this.#slots[tick % SLOTS];
    if (slot === undefined) throw new RangeError(`no slot for tick ${tick}`);
    return slot;
  }

  #wakeAt(tick: number): void {
    this.#sleep();
    // Timers of the event loop may be a fraction of a millisecond early, which would be a turn for nothing.
    const ms = Math.max(1, Math.ceil(tick * TICK_MS - this.#world.elapsed()) + 1);
    this.#alarm = { tick, stop: this.#world.later(ms, () => this.#turn()) };
  }

  #sleep(): void {
    this.#alarm?.stop();
    this.#alarm = null;
  }

  #turn(): void {
    this.#alarm = null;
    this.#turning = true;
    const present = this.#present();
    // After a stall of more than a whole turn every slot is visited once; visiting one twice would find nothing new.
    const from = Math.max(this.#tick + 1, present - SLOTS + 1);
    for (let tick = from; tick <= present; tick += 1) {
      this.#tick = tick;
      this.#runDue(this.#slot(tick), present);
    }
    this.#turning = false;
    if (this.#size > 0) this.#wakeAt(this.#nextDue());
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

  /** The next tick at which something is due; if that is more than a turn away, the tick a turn from now. */
  #nextDue(): number {
    for (let tick = this.#tick + 1; tick < this.#tick + SLOTS; tick += 1) {
      const head = this.#slot(tick);
      for (let entry = head.next; entry !== head; entry = entry.next) if (entry.due <= tick) return tick;
    }
    return this.#tick + SLOTS;
  }
}

/** Returns the last tick up to `latest` that all timers with this slack share, unless it has passed. */
function gathered(latest: number, early: number, past: number): number {
  const shared = early > 1 ? latest - (latest % early) : latest;
  return shared > past ? shared : latest;
}
