import { describe, expect, test } from "vitest";
import { DeliveryQueue } from "../../src/client/inbox.ts";
import type { Delivery } from "../../src/client/types.ts";
import { Queue } from "../../src/transports/shared/client/async.ts";
import { asCursor } from "../support/cast.ts";
import { message } from "./support/scene.ts";

async function drain<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe("the queue", () => {
  test("a queue delivers the values pushed before its end, in order", async () => {
    const queue = new Queue<number>();
    for (let value = 1; value <= 5_000; value += 1) queue.push(value);
    queue.end();
    queue.push(5_001);
    expect(await drain(queue)).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  });

  test("a queue wakes a waiting consumer", async () => {
    const queue = new Queue<number>();
    const next = queue.next();
    queue.push(7);
    expect(await next).toEqual({ done: false, value: 7 });
  });

  test("a queue throws its failure after the values before it", async () => {
    const queue = new Queue<number>();
    queue.push(1);
    queue.fail(new Error("cut"));
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    await expect(queue.next()).rejects.toThrow("cut");
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  test("a queue does not deliver a value twice that was taken before its end", async () => {
    const queue = new Queue<number>();
    queue.push(1);
    queue.push(2);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    queue.end();
    queue.unshift(0);
    expect(await drain(queue)).toEqual([2]);
  });

  test("a queue drops all values once its consumer has stopped", async () => {
    const queue = new Queue<number>();
    queue.push(1);
    await queue.return();
    queue.push(2);
    expect(queue.size).toBe(0);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });
});

describe("the deliveries", () => {
  const delivery = (seq: number): Delivery => ({ event: message(seq), by: "x", receivedAt: 0, latencyMs: null });

  test("a slow consumer gets a gap with the number of events it missed and a cursor", async () => {
    const deliveries = new DeliveryQueue(10);
    for (let seq = 1; seq <= 16; seq += 1) deliveries.push(delivery(seq), asCursor(`e1-${seq}`));
    deliveries.end();
    const events = (await drain(deliveries)).map(({ event }) => event);
    const [gap, ...rest] = events;
    expect(gap).toMatchObject({ type: "gap" });
    const missed = gap?.type === "gap" ? (gap.missed ?? 0) : 0;
    expect(gap).toEqual({ type: "gap", cursor: `e1-${missed}`, missed });
    expect(rest.map((event) => "seq" in event && event.seq)).toEqual(
      Array.from({ length: 16 - missed }, (_, index) => missed + 1 + index),
    );
  });

  test("the deliveries can be iterated once", async () => {
    const deliveries = new DeliveryQueue();
    deliveries.end();
    await drain(deliveries);
    await expect(drain(deliveries)).rejects.toThrow("iterated once");
  });
});
