import type { Clock } from "../../src/clock.ts";

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

/** A clock that moves only when the test advances it. */
export class ManualClock implements Clock {
  /** How far the wall clock is ahead of the right time, in ms; negative: behind it. */
  wallAheadMs = 0;
  /** How many timers have fired. */
  fired = 0;
  readonly #timers = new Set<Timer>();
  #elapsedMs: number;

  /** `startMs`: the monotonic time at the start. */
  constructor(startMs = 0) {
    this.#elapsedMs = startMs;
  }

  readonly wallNow = (): number => 1_700_000_000_000 + Math.floor(this.#elapsedMs) + this.wallAheadMs;
  readonly monotonicNow = (): number => this.#elapsedMs;

  readonly after = (ms: number, task: () => void): (() => void) => {
    const timer = { due: this.#elapsedMs + ms, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** How many timers are pending. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Ms until each pending timer fires, soonest first. */
  get waits(): number[] {
    return [...this.#timers].map(({ due }) => due - this.#elapsedMs).toSorted((a, b) => a - b);
  }

  /** Moves the clock by `ms`. Each timer that falls due fires at its own time, and `turn` runs after it. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsedMs + ms;
    await this.turn();
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.due - b.due);
      if (next === undefined || next.due > until) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.due);
      this.#timers.delete(next);
      this.fired += 1;
      next.task();
      await this.turn();
    }
    this.#elapsedMs = until;
    await this.turn();
  }

  /** Moves the clock without firing timers, as an event loop sees it that was blocked for `ms`. */
  stall(ms: number): void {
    this.#elapsedMs += ms;
  }

  /** Lets promises settle. A subclass adds what else happens between two timers. */
  async turn(): Promise<void> {
    for (let hop = 0; hop < 20; hop += 1) await Promise.resolve();
  }
}
