import type { Platform } from "../../../src/transports/contract.ts";

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A world whose clock stands still until it is advanced, and whose chance is a number. */
export class ManualPlatform implements Platform {
  readonly WebSocket = undefined;
  readonly origin = undefined;
  fetch: typeof globalThis.fetch = () => Promise.reject(new TypeError("nobody answers in this test"));
  chance = 0.5;
  requestMs?: number;
  #now = 1_000;
  readonly #timers = new Set<Timer>();

  readonly now = (): number => this.#now;
  readonly wallNow = (): number => 1_700_000_000_000 + this.#now;
  readonly random = (): number => this.chance;

  readonly schedule = (task: () => void, ms: number): (() => void) => {
    const timer = { due: this.#now + ms, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Timers that still could fire. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until each pending timer, soonest first. */
  get waits(): number[] {
    return [...this.#timers].map(({ due }) => due - this.#now).toSorted((a, b) => a - b);
  }

  /** Moves the clock on, firing what falls due at its own time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due);
      this.#timers.delete(next);
      next.task();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}
