import { type ELDHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { type Clock, every } from "../../src/clock.ts";

/** What the server process used in the last second. */
export interface ServerReading {
  /** User and system time in ms per second. */
  readonly cpuMsPerSecond: number;
  readonly rssBytes: number;
  /** The longest event loop delay. */
  readonly loopDelayMs: number;
}

const EVERY_MS = 1_000;
/** The monitor's sampling interval. Its readings include it. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** Measures the server process once a second while there is a listener. */
export class ServerMeter {
  readonly #clock: Clock;
  readonly #listeners = new Set<(reading: ServerReading) => void>();
  #stop: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get running(): boolean {
    return this.#stop !== null;
  }

  /** Calls `listener` once a second. Returns a function that ends this. */
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
        loopDelayMs: longestDelayMs(delay),
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

function longestDelayMs(delay: ELDHistogram): number {
  return delay.count === 0 ? 0 : Math.max(0, delay.max / NS_PER_MS - RESOLUTION_MS);
}
