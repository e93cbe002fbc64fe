import type { Weather } from "../weather.ts";

/** What all connections of one proxy share: the weather, the clock, and what is held altogether. */
export class Sky {
  readonly now: () => number;
  readonly maxHeldBytes: number;
  weather: Weather;
  /** Nothing moves before this time. */
  stalledUntil = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<() => void>();
  #held = 0;

  constructor(weather: Weather, now: () => number, maxHeldBytes: number) {
    this.weather = weather;
    this.now = now;
    this.maxHeldBytes = maxHeldBytes;
  }

  /** Bytes that have come and not gone. */
  get held(): number {
    return this.#held;
  }

  get full(): boolean {
    return this.#held >= this.maxHeldBytes;
  }

  hold(bytes: number): void {
    this.#held += bytes;
  }

  /** Those who wait for room are called when there is some. */
  release(bytes: number): void {
    const wasFull = this.full;
    this.#held -= bytes;
    if (!wasFull || this.full) return;
    for (const wake of [...this.#waiting]) wake();
  }

  waitForRoom(wake: () => void): void {
    this.#waiting.add(wake);
  }

  stopWaiting(wake: () => void): void {
    this.#waiting.delete(wake);
  }
}
