import type { Cursor } from "../protocol/ids.ts";
import { Queue } from "../transports/shared/queue.client.ts";
import type { Delivery } from "./types.ts";

/** As many as the server replays: who reads slower than that is told a gap here as it would be there. */
const CAPACITY = 10_000;

interface Waiting {
  readonly delivery: Delivery;
  /** Where the client stood after it. */
  readonly cursor: Cursor;
}

/** What waits for the client's consumer. Beyond its capacity the older half is given up, and a gap says so. */
export class Deliveries implements AsyncIterable<Delivery> {
  readonly #queue = new Queue<Waiting>();
  readonly #capacity: number;
  #iterated = false;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  push(delivery: Delivery, cursor: Cursor): void {
    if (this.#queue.size >= this.#capacity) this.#shorten(delivery);
    this.#queue.push({ delivery, cursor });
  }

  end(): void {
    this.#queue.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Delivery, void, undefined> {
    if (this.#iterated) throw new Error("A client can be iterated once. Share what the first iteration yields.");
    this.#iterated = true;
    for await (const { delivery } of this.#queue) yield delivery;
  }

  #shorten(newest: Delivery): void {
    let missed: number | null = 0;
    let last: Cursor | null = null;
    for (const { delivery, cursor } of this.#queue.drop(Math.ceil(this.#capacity / 2))) {
      const { event } = delivery;
      if (event.type === "gap") missed = missed === null || event.missed === null ? null : missed + event.missed;
      else if ("seq" in event && missed !== null) missed += 1;
      last = cursor;
    }
    if (last === null || missed === 0) return;
    const { by, receivedAt } = newest;
    const event = { type: "gap", cursor: last, missed } as const;
    this.#queue.unshift({ delivery: { event, by, receivedAt, latencyMs: null }, cursor: last });
  }
}
