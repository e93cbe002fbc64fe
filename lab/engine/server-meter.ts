import { type ELDHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { type Clock, every } from "../../src/clock.ts";

/** What the whole process has used in the second before. */
export interface ServerReading {
  /** User and system time, ms per second. */
  readonly cpuMsPerSecond: number;
  readonly rssBytes: number;
  /** The longest the event loop was late. */
  readonly loopDelayMs: number;
}

const EVERY_MS = 1_000;
/** The monitor sleeps so long between two looks, and counts that sleep as part of what it finds. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** Measures the process once a second while someone listens, and not at all when nobody does. */
export class ServerMeter {
  readonly #clock: Clock;
  readonly #listeners = new Set<(reading: ServerReading) => void>();
  #stop: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it measures now. */
  get running(): boolean {
    return this.#stop !== null;
  }

  /** Calls back once a second until the answer is called. */
  listen(listener: (reading: ServerReading) => void): () => void {
    this.#listeners.add(listener);
    this.#stop ??= this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }

  #start(): () => void {
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    let cpu = process.cpuUsage();
    let at = this.#clock.monotonicNow();
    const cancel = every(this.#clock, EVERY_MS, () => {
      const seconds = (this.#clock.monotonicNow() - at) / 1_000;
      const used = process.cpuUsage(cpu);
      const reading: ServerReading = {
        cpuMsPerSecond: (used.user + used.system) / 1_000 / seconds,
        rssBytes: process.memoryUsage.rss(),
        loopDelayMs: latenessOf(delay),
      };
      cpu = process.cpuUsage();
      at = this.#clock.monotonicNow();
      delay.reset();
      for (const listener of this.#listeners) listener(reading);
    });
    return () => {
      cancel();
      delay.disable();
    };
  }
}

function latenessOf(delay: ELDHistogram): number {
  return delay.count === 0 ? 0 : Math.max(0, delay.max / NS_PER_MS - RESOLUTION_MS);
}
