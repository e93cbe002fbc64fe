import { NO_METER } from "../../src/chat/ports.ts";
import type { World } from "../../src/chat/world.ts";

interface Timer {
  /** null: once. */
  readonly everyMs: number | null;
  readonly task: () => void;
  due: number;
}

/** A world whose clock stands still until it is moved, and whose deferred tasks run when they are asked for. */
export class ManualWorld implements World {
  readonly reported: unknown[] = [];
  readonly noted: string[] = [];
  readonly meter = NO_METER;
  readonly #timers = new Set<Timer>();
  #deferred: (() => void)[] = [];
  #elapsed = 0;
  #seed = 1;

  /** How far the wall clock is ahead of the right time, in ms; negative: behind it. */
  wallAheadMs = 0;

  now = (): number => 1_700_000_000_000 + Math.floor(this.#elapsed) + this.wallAheadMs;
  elapsed = (): number => this.#elapsed;

  random = (): number => {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  };

  defer = (task: () => void): void => {
    this.#deferred.push(task);
  };

  later = (ms: number, task: () => void): (() => void) => this.#start(ms, null, task);
  every = (ms: number, task: () => void): (() => void) => this.#start(ms, ms, task);

  report = (error: unknown): void => {
    this.reported.push(error);
  };

  note = (message: string): void => {
    this.noted.push(message);
  };

  /** How often a timer has run. */
  woken = 0;

  /** Timers that neither ran for the last time nor were stopped. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Ends the turn of the event loop: promises settle, what was deferred runs, until nothing is left. */
  async turn(): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      for (let hop = 0; hop < 20; hop += 1) await Promise.resolve();
      if (this.#deferred.length === 0) return;
      const tasks = this.#deferred;
      this.#deferred = [];
      for (const task of tasks) task();
    }
    throw new Error("after 100 rounds something is still being deferred");
  }

  /** Moves the clock, running timers on the way. */
  async pass(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.due - b.due)[0];
      if (next === undefined || next.due > until) break;
      this.#elapsed = Math.max(this.#elapsed, next.due);
      if (next.everyMs === null) this.#timers.delete(next);
      else next.due += next.everyMs;
      this.woken += 1;
      next.task();
      await this.turn();
    }
    this.#elapsed = until;
    await this.turn();
  }

  /** Moves the clock at once, as a stalled event loop sees it. */
  stall(ms: number): void {
    this.#elapsed += ms;
  }

  #start(ms: number, everyMs: number | null, task: () => void): () => void {
    const timer = { everyMs, task, due: this.#elapsed + ms };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
