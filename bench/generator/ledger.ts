/** What went wrong on the way, in messages. One that nobody sent counts as doubled. */
export interface Faults {
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
}

/**
 * Keeps, for every reader, which numbered messages have come. Numbers start at 1 and rise by one per broadcast.
 * A message that comes after a later one is reordered; one that never comes is lost.
 */
export class Ledger {
  deliveries = 0;
  #doubled = 0;
  #reordered = 0;
  #published = 0;
  #awaited = 0;
  #whenComplete: (() => void) | null = null;
  #next = new Uint32Array(0);
  readonly #missing: Set<number>[] = [];

  constructor(readers: number) {
    this.grow(readers);
  }

  /** The number of the last message published. */
  get published(): number {
    return this.#published;
  }

  /** So many readers more: they are owed what is published from now on. */
  grow(readers: number): void {
    const next = new Uint32Array(this.#next.length + readers).fill(this.#published + 1);
    next.set(this.#next);
    this.#next = next;
    for (let count = 0; count < readers; count += 1) this.#missing.push(new Set());
  }

  /** The next message's number. `complete` is called once all readers have it. */
  publish(complete: () => void): number {
    this.#published += 1;
    this.#awaited = this.#next.length;
    this.#whenComplete = complete;
    return this.#published;
  }

  /** Message `number` has come to `reader`. False when it had come before, or was never sent. */
  arrive(reader: number, number: number): boolean {
    this.deliveries += 1;
    const next = this.#next[reader];
    if (number > this.#published) {
      this.#doubled += 1;
      return false;
    }
    if (number === next) this.#next[reader] = number + 1;
    else if (!this.#outOfTurn(reader, number)) return false;
    // A late one of an earlier broadcast does not bring this one nearer to its end.
    if (number === this.#published) {
      this.#awaited -= 1;
      if (this.#awaited === 0) this.#whenComplete?.();
    }
    return true;
  }

  /** The faults so far; what has not come yet counts as lost, so ask when nothing is under way. */
  faults(): Faults {
    let lost = 0;
    for (const next of this.#next) lost += this.#published + 1 - next;
    for (const missing of this.#missing) lost += missing.size;
    return { lost, doubled: this.#doubled, reordered: this.#reordered };
  }

  /** Notes a number other than the expected one; false when it is no new message. */
  #outOfTurn(reader: number, number: number): boolean {
    const next = this.#next[reader];
    const missing = this.#missing[reader];
    if (next === undefined || missing === undefined) throw new RangeError(`there is no reader ${reader}`);
    if (number > next) {
      for (let skipped = next; skipped < number; skipped += 1) missing.add(skipped);
      this.#next[reader] = number + 1;
      return true;
    }
    if (missing.delete(number)) {
      this.#reordered += 1;
      return true;
    }
    this.#doubled += 1;
    return false;
  }
}
