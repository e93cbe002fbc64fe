import type { Reader } from "./reader.ts";

/**
 * Every connection of the hub, those told `bye` and not yet gone included.
 *
 * An array and an index in each reader, not a Set: 500 polls a broadcast come and go here, a Set then moves to a new
 * table every few hundred of them, and V8's old tables point to the newer ones. Once one is in the old generation, it
 * keeps every later table and every reader in it alive until the next full collection. Measured at 500 pollers: 4 MB
 * promoted by each scavenge with a Set, none with this (docs/performance.md).
 */
export class Connections implements Iterable<Reader<unknown>> {
  readonly #readers: Reader<unknown>[] = [];

  get size(): number {
    return this.#readers.length;
  }

  add(reader: Reader<unknown>): void {
    reader.connection = this.#readers.length;
    this.#readers.push(reader);
  }

  remove(reader: Reader<unknown>): void {
    if (reader.connection < 0) return;
    const last = this.#readers.pop();
    if (last !== undefined && last !== reader) {
      last.connection = reader.connection;
      this.#readers[reader.connection] = last;
    }
    reader.connection = -1;
  }

  /** How many there are by transport, and how many of those do not keep up: they read the log or can't be written to. */
  byTransport(): Map<string, { attached: number; behind: number }> {
    const counts = new Map<string, { attached: number; behind: number }>();
    for (const { wire, place, leaving } of this.#readers) {
      const count = counts.get(wire.name) ?? { attached: 0, behind: 0 };
      count.attached += 1;
      if (place < 0 && !leaving) count.behind += 1;
      counts.set(wire.name, count);
    }
    return counts;
  }

  [Symbol.iterator](): Iterator<Reader<unknown>> {
    return [...this.#readers].values();
  }
}
