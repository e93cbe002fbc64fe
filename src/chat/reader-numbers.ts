/** The numbers as processes exchange them. */
export interface ReaderNumbersState {
  readonly newest: number;
  readonly older: number;
  /** Ms that readers with the older number may continue. */
  readonly graceMs: number;
}

/**
 * Decides which link of a session may read. The highest number wins. The one before it may continue, and reconnect, for a
 * grace period; if the newer one is lost within it, the older is the newest again. Lower numbers are refused.
 */
export class ReaderNumbers {
  readonly #graceMs: number;
  /** Not called by repeated polls of the only link, so that they don't read the clock. */
  readonly #monotonicNow: () => number;
  #newest = 0;
  #older = 0;
  #olderUntil = 0;

  constructor(graceMs: number, monotonicNow: () => number) {
    this.#graceMs = graceMs;
    this.#monotonicNow = monotonicNow;
  }

  get newest(): number {
    return this.#newest;
  }

  allows(number: number): boolean {
    return number >= this.#newest || (number === this.#older && this.#monotonicNow() < this.#olderUntil);
  }

  /** Records that a reader with this number attached. Returns true if it is the newest now and was not before. */
  take(number: number): boolean {
    if (number <= this.#newest) return false;
    this.#older = this.#newest;
    this.#olderUntil = this.#monotonicNow() + this.#graceMs;
    this.#newest = number;
    return true;
  }

  get state(): ReaderNumbersState {
    return { newest: this.#newest, older: this.#older, graceMs: Math.max(0, this.#olderUntil - this.#monotonicNow()) };
  }

  /** Takes over what another process has recorded. It may not know of a number that was recorded here. */
  merge({ newest, older, graceMs }: ReaderNumbersState): void {
    if (newest > this.#newest && older < this.#newest) {
      this.take(newest);
      return;
    }
    // If their newest is our older number, our newest reader was lost there and the older one took over again: accept
    // that. Any other number below ours is out of date.
    if (newest < this.#newest && newest !== this.#older) return;
    this.#newest = newest;
    this.#older = older;
    this.#olderUntil = this.#monotonicNow() + graceMs;
  }

  /** Returns the ms a reader with this number may continue; null: without limit. */
  graceLeft(number: number): number | null {
    return number >= this.#newest ? null : Math.max(0, this.#olderUntil - this.#monotonicNow());
  }

  /** Handles the loss of a reader. Returns true if the one before it is the newest again. */
  giveBack(number: number): boolean {
    if (number !== this.#newest || this.#older === 0 || this.#monotonicNow() >= this.#olderUntil) return false;
    this.#newest = this.#older;
    this.#older = 0;
    return true;
  }
}
