import type { Weather } from "../weather.ts";
import { PIECE_BYTES } from "./piece.ts";

/** What all connections of one proxy share: the weather, the clock, and what is held altogether. */
export class Sky {
  readonly now: () => number;
  readonly maxHeldBytes: number;
  weather: Weather;
  /** Nothing moves before this time. */
  stalledUntil = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<() => void>();
  #held = 0;
  #pieces = 0;

  constructor(weather: Weather, now: () => number, maxHeldBytes: number) {
    this.weather = weather;
    this.now = now;
    this.maxHeldBytes = maxHeldBytes;
  }

  /** Bytes that have come and not gone. */
  get held(): number {
    return this.#held;
  }

  /** Whether all that is held, with what keeping it takes, has reached its limit. */
  get full(): boolean {
    return this.#held + this.#pieces * PIECE_BYTES >= this.maxHeldBytes;
  }

  /** Adds to the bytes and pieces held; negative numbers release them. Calls the waiting pipes when there is room. */
  hold(bytes: number, pieces: number): void {
    const wasFull = this.full;
    this.#held += bytes;
    this.#pieces += pieces;
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
