/** What went wrong on the way, in messages. */
export interface EndedFaults {
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
  readonly #next: Uint32Array;
  readonly #missing: Set<number>[];

  constructor(readers: number) {
    this.#next = new Uint32Array(readers).fill(1);
    this.#missing = Array.from({ length: readers }, () => new Set<number>());
  }

  /** The next message's number. `complete` is called once all readers have it. */
  publish(complete: () => void): number {
    this.#published += 1;
    this.#awaited = this.#next.length;
    this.#whenComplete = complete;
    return this.#published;
  }

  /** Message `number` has come to `reader`. */
  arrive(reader: number, number: number): void {
    this.deliveries += 1;
    const next = this.#next[reader];
    if (number === next) this.#next[reader] = number + 1;
    else if (!this.#outOfTurn(reader, number)) return;
    // A late one of an earlier broadcast does not bring this one nearer to its end.
    if (number !== this.#published) return;
    this.#awaited -= 1;
    if (this.#awaited === 0) this.#whenComplete?.();
  }

  /** The faults so far; what has not come yet counts as lost, so ask when nothing is under way. */
  faults(): EndedFaults {
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
