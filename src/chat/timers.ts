import type { Clock } from "../clock.ts";

const TICK_MS = 25;
const SLOTS = 1_024;
/** More slack than this would hardly make more timers share a tick. */
const MOST_SLACK_MS = 250;
const SLACK_SHARE = 0.02;

/** A timer that is pending. */
export interface Timer {
  /** Cancels the timer. Does nothing if it has fired. */
  cancel(): void;
}

/** Returns the slack for a heartbeat or ping timer: it may fire this many ms early, so that several share a tick. */
export function timerSlack(ms: number): number {
  return Math.min(MOST_SLACK_MS, ms * SLACK_SHARE);
}

/**
 * All heartbeats, holds and lingers on one timer of the system: a hashed timing wheel with ticks of 25 ms. Adding and
 * cancelling cost the same for one timer as for a million.
 *
 * A task runs when it is due or up to two ticks (50 ms) later, and never earlier unless it has slack. The wheel sleeps
 * until a timer is due.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  /** The heads of circular lists, one for each slot. A head itself is never due. */
  readonly #slots: Entry[];
  /** The last tick whose timers have run. */
  #tick = 0;
  #size = 0;
  /** When the wheel wakes; null while no timer is pending, or while timers run. */
  #alarm: { readonly tick: number; readonly cancel: () => void } | null = null;
  #running = false;

  /** `report` receives what a task throws. */
  constructor(clock: Clock, report: (error: unknown) => void) {
    this.#clock = clock;
    this.#report = report;
    this.#slots = Array.from({ length: SLOTS }, () => new Entry(this, Number.POSITIVE_INFINITY, () => {}));
  }

  /** Pending timers. */
  get size(): number {
    return this.#size;
  }

  /**
   * Runs `task` once, `ms` from now or up to `slackMs` earlier: timers with the same slack are coalesced into few ticks.
   * Without that, an idle SSE reader costs twice the CPU (docs/performance.md).
   */
  after(ms: number, task: () => void, slackMs = 0): Timer {
    const present = this.#present();
    if (this.#alarm === null && !this.#running) this.#tick = present;
    // The present tick has partly gone: one more makes "never earlier" true.
    const latest = Math.max(present + Math.ceil(ms / TICK_MS) + 1, this.#tick + 1);
    const entry = new Entry(this, coalesced(latest, Math.floor(slackMs / TICK_MS), this.#tick), task);
    entry.linkBefore(this.#slot(entry.due));
    this.#size += 1;
    if (!this.#running && (this.#alarm === null || entry.due < this.#alarm.tick)) this.#wakeAt(entry.due);
    return entry;
  }

  /** Called by a timer that was cancelled. */
  onCancelled(): void {
    this.#size -= 1;
    if (this.#size === 0) this.#sleep();
  }

  #present(): number {
    return Math.floor(this.#clock.monotonicNow() / TICK_MS);
  }

  #slot(tick: number): Entry {
    const slot = this.#slots[tick % SLOTS];
    if (slot === undefined) throw new RangeError(`Tick ${tick} has no slot.`);
    return slot;
  }

  #wakeAt(tick: number): void {
    this.#sleep();
    // Timers of the event loop may fire a fraction of a millisecond early, and the wheel would wake for nothing.
    const ms = Math.max(1, Math.ceil(tick * TICK_MS - this.#clock.monotonicNow()) + 1);
    this.#alarm = { tick, cancel: this.#clock.after(ms, () => this.#run()) };
  }

  #sleep(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
  }

  #run(): void {
    this.#alarm = null;
    this.#running = true;
    const present = this.#present();
    // After a stall of more than a whole round every slot is visited once: a second visit would find nothing new.
    const from = Math.max(this.#tick + 1, present - SLOTS + 1);
    for (let tick = from; tick <= present; tick += 1) {
      this.#tick = tick;
      this.#runDue(this.#slot(tick), present);
    }
    this.#running = false;
    if (this.#size > 0) this.#wakeAt(this.#nextDue());
  }

  #runDue(head: Entry, present: number): void {
    const due: Entry[] = [];
    for (let entry = head.next; entry !== head; entry = entry.next) if (entry.due <= present) due.push(entry);
    for (const entry of due) {
      // An earlier task of this tick may have cancelled it.
      if (!entry.unlink()) continue;
      this.#size -= 1;
      try {
        entry.task();
      } catch (error) {
        this.#report(error);
      }
    }
  }

  /** Returns the next tick at which a timer is due, or the tick one round from now if that is sooner. */
  #nextDue(): number {
    for (let tick = this.#tick + 1; tick < this.#tick + SLOTS; tick += 1) {
      const head = this.#slot(tick);
      for (let entry = head.next; entry !== head; entry = entry.next) if (entry.due <= tick) return tick;
    }
    return this.#tick + SLOTS;
  }
}

/** A timer in its slot's circular list. Every poll sets a timer and cancels it, so neither may search or hash. */
class Entry implements Timer {
  readonly due: number;
  readonly task: () => void;
  previous: Entry = this;
  next: Entry = this;
  readonly #timers: Timers;

  constructor(timers: Timers, due: number, task: () => void) {
    this.#timers = timers;
    this.due = due;
    this.task = task;
  }

  cancel(): void {
    if (this.unlink()) this.#timers.onCancelled();
  }

  /** Returns false if it was in no slot any more. */
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

/** Rounds `latest` down to a multiple of `slack` ticks, so that timers with slack fire together, unless that has passed. */
function coalesced(latest: number, slack: number, past: number): number {
  const shared = slack > 1 ? latest - (latest % slack) : latest;
  return shared > past ? shared : latest;
}
