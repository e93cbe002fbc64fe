import type { Weather } from "../weather.ts";

/** Counted as held for each piece in addition to its bytes: pieces of one byte must not multiply the memory used. */
export const PIECE_OVERHEAD_BYTES = 64;

/** What all connections of a proxy share: the weather, the clock, and the budget of held bytes. */
export class ProxyState {
  /** Returns ms on the proxy's clock. */
  readonly now: () => number;
  readonly maxHeldBytes: number;
  weather: Weather;
  /** Nothing is passed on before this time. */
  stalledUntil = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<() => void>();
  #heldBytes = 0;
  #pieces = 0;

  constructor(weather: Weather, now: () => number, maxHeldBytes: number) {
    this.weather = weather;
    this.now = now;
    this.maxHeldBytes = maxHeldBytes;
  }

  /** Bytes that arrived and were not passed on yet. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** True if the held bytes and their overhead have reached the limit. */
  get full(): boolean {
    return this.#heldBytes + this.#pieces * PIECE_OVERHEAD_BYTES >= this.maxHeldBytes;
  }

  /** Adds to the held bytes and pieces; negative numbers release them. Wakes the waiting pipes once there is room. */
  hold(bytes: number, pieces: number): void {
    const wasFull = this.full;
    this.#heldBytes += bytes;
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

/** setTimeout fires at once for a longer delay. */
const LONGEST_MS = 2_147_483_647;

/** One pending task of its owner. Setting it replaces the previous task. */
export class Timer {
  #timeout: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;

  /** Runs `task` after `ms`. */
  set(ms: number, task: () => void): void {
    this.clear();
    this.#timeout = setTimeout(task, Math.min(Math.ceil(ms), LONGEST_MS));
  }

  /** Runs `task` in the next turn of the event loop. */
  nextTurn(task: () => void): void {
    this.clear();
    this.#immediate = setImmediate(task);
  }

  clear(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timeout = null;
    this.#immediate = null;
  }
}
