/**
 * Which link of a session counts. The highest number wins; the one before it may go on, and come back, for a grace
 * period; if the newer one dies within it, the older is the newest again. Everything lower is refused.
 */
export class ReaderNumbers {
  readonly #graceMs: number;
  /** Asked only where an older number is in play: a poll of the one link there is costs no look at the clock. */
  readonly #elapsed: () => number;
  #newest = 0;
  #older = 0;
  #olderUntil = 0;

  constructor(graceMs: number, elapsed: () => number) {
    this.#graceMs = graceMs;
    this.#elapsed = elapsed;
  }

  get newest(): number {
    return this.#newest;
  }

  allows(number: number): boolean {
    return number >= this.#newest || (number === this.#older && this.#elapsed() < this.#olderUntil);
  }

  /** Notes that a reader of this number is attached. */
  take(number: number): void {
    if (number <= this.#newest) return;
    this.#older = this.#newest;
    this.#olderUntil = this.#elapsed() + this.#graceMs;
    this.#newest = number;
  }

  /** Milliseconds a reader of this number may still go on; null: for good. */
  graceLeft(number: number): number | null {
    return number >= this.#newest ? null : Math.max(0, this.#olderUntil - this.#elapsed());
  }

  /** The newest reader has died; true if the one before it takes its place again. */
  giveBack(number: number): boolean {
    if (number !== this.#newest || this.#older === 0 || this.#elapsed() >= this.#olderUntil) return false;
    this.#newest = this.#older;
    this.#older = 0;
    return true;
  }
}
