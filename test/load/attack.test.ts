import { expect, test } from "vitest";
import { attack, isInOrder } from "./attack.ts";

const MIB = 1_048_576;

test("a member on another address gets every message once and in order while 20 connections attack", async () => {
  const outcome = await attack({ connections: 20, opens: 300, quietMs: 300, attackMs: 3_000, everyMs: 60 });
  expect(isInOrder(outcome)).toBe(true);
  const { hostile, peakBytes, peakDescriptors } = outcome;
  // The hostile WebSockets get replies to the member's burst of 400 messages and to its rate. Then they are closed with 1008.
  expect(hostile.closed1008).toBeGreaterThan(0);
  expect(hostile.ended).toBeGreaterThan(0);
  expect(hostile.replies).toBeLessThan(5_000);
  const answered = [...hostile.answers.values()].reduce((sum, count) => sum + count, 0);
  expect(answered).toBeLessThan(hostile.written / 10);
  expect(peakBytes).toBeLessThan(700 * MIB);
  expect(peakDescriptors).toBeLessThan(200);
});
