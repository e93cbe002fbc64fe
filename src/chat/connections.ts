import type { Core } from "./core.ts";
import type { Reader } from "./reader.ts";

const DRAIN_STEP_MS = 100;
const LEAST_PER_STEP = 100;
/** A client that is sent `bye` while draining waits a random time, up to this, before it reconnects: not all come at once. */
const RECONNECT_SPREAD_MS = 2_000;

/**
 * All open connections of the hub, including those that were sent `bye`.
 *
 * An array, and an index in each reader, instead of a Set: with 500 pollers, each broadcast removes and adds 500 readers.
 * A Set then moves to a new table every few hundred changes, and V8's old tables point to the newer ones. Once such a table
 * is in the old generation, it keeps all later tables and their readers alive until the next full collection. Measured at
 * 500 pollers: each scavenge promoted 4 MB with a Set, and nothing with this.
 */
export class Connections implements Iterable<Reader<unknown>> {
  readonly #readers: Reader<unknown>[] = [];

  get size(): number {
    return this.#readers.length;
  }

  add(reader: Reader<unknown>): void {
    reader.connectionIndex = this.#readers.length;
    this.#readers.push(reader);
  }

  remove(reader: Reader<unknown>): void {
    if (reader.connectionIndex < 0) return;
    const last = this.#readers.pop();
    if (last !== undefined && last !== reader) {
      last.connectionIndex = reader.connectionIndex;
      this.#readers[reader.connectionIndex] = last;
    }
    reader.connectionIndex = -1;
  }

  /** Returns the number of readers by transport, and how many of those are behind: catching up, or full. */
  byTransport(): Map<string, { attached: number; behind: number }> {
    const counts = new Map<string, { attached: number; behind: number }>();
    for (const { wire, atHead, leaving } of this.#readers) {
      const count = counts.get(wire.name) ?? { attached: 0, behind: 0 };
      count.attached += 1;
      if (!atHead && !leaving) count.behind += 1;
      counts.set(wire.name, count);
    }
    return counts;
  }

  /**
   * Sends `bye` to all readers in batches during the first half of `forMs`, so that they don't reconnect in one wave.
   * Resolves when the last connection has closed, at the latest after `forMs` or when `signal` aborts.
   */
  drain({ clock, timers, random }: Core, forMs: number, signal?: AbortSignal): Promise<void> {
    const until = clock.monotonicNow() + forMs;
    const perStep = Math.max(LEAST_PER_STEP, Math.ceil(this.size / Math.max(1, forMs / 2 / DRAIN_STEP_MS)));
    return new Promise((resolve) => {
      const step = (): void => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        let sent = 0;
        for (const reader of this) {
          if (sent === perStep) break;
          if (reader.leaving) continue;
          reader.bye("drain", Math.floor(random() * RECONNECT_SPREAD_MS));
          sent += 1;
        }
        if (this.size === 0 || clock.monotonicNow() >= until) resolve();
        else timers.after(sent > 0 ? DRAIN_STEP_MS : 0, step);
      };
      step();
    });
  }

  /** Drops all connections. */
  destroy(): void {
    for (const reader of this) {
      reader.outlet.destroy();
      reader.detach();
    }
  }

  [Symbol.iterator](): Iterator<Reader<unknown>> {
    return [...this.#readers].values();
  }
}
