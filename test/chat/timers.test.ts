import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Timers } from "../../src/chat/timers.ts";
import { ManualWorld } from "../support/manual-world.ts";

describe("timers", () => {
  test("run a task not before it is due and at most two ticks after", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 30 }), async (delays) => {
        const world = new ManualWorld();
        const timers = new Timers(world, world.report);
        const ran: { delay: number; at: number }[] = [];
        for (const delay of delays) timers.after(delay, () => ran.push({ delay, at: world.monotonicNow() }));
        await world.advance(90_100);
        expect(ran).toHaveLength(delays.length);
        for (const { delay, at } of ran) {
          expect(at).toBeGreaterThanOrEqual(delay);
          expect(at).toBeLessThanOrEqual(delay + 50);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("run tasks with slack together, none earlier than its slack allows", async () => {
    const world = new ManualWorld();
    const timers = new Timers(world, world.report);
    const ran: { due: number; at: number }[] = [];
    for (let due = 15_000; due < 16_000; due += 5)
      timers.after(due, () => ran.push({ due, at: world.monotonicNow() }), 250);
    await world.advance(16_100);
    expect(ran).toHaveLength(200);
    for (const { due, at } of ran) {
      expect(at).toBeGreaterThanOrEqual(due - 250);
      expect(at).toBeLessThanOrEqual(due + 50);
    }
    expect(new Set(ran.map(({ at }) => at)).size).toBeLessThanOrEqual(5);
  });

  test("sleep until a task is due", async () => {
    const world = new ManualWorld();
    const timers = new Timers(world, world.report);
    let ran = 0;
    for (const seconds of [1, 20, 70]) timers.after(seconds * 1_000, () => (ran += 1));
    await world.advance(71_000);
    expect(ran).toBe(3);
    // Once for each, and once a turn of the timers (25.6 s) in between.
    expect(world.fired).toBeLessThanOrEqual(6);
  });

  test("never run a cancelled task, and sleep if none is pending", async () => {
    const world = new ManualWorld();
    const timers = new Timers(world, world.report);
    const timer = timers.after(1_000, () => expect.fail("it was cancelled"));
    expect(world.pending).toBe(1);
    timer.cancel();
    timer.cancel();
    expect(timers.size).toBe(0);
    expect(world.pending).toBe(0);
    await world.advance(2_000);
  });

  test("run every task that fell due during a stall longer than a whole round of the wheel", async () => {
    const world = new ManualWorld();
    const timers = new Timers(world, world.report);
    let ran = 0;
    for (let ms = 100; ms <= 60_000; ms += 100) timers.after(ms, () => (ran += 1));
    world.stall(61_000);
    await world.advance(100);
    expect(ran).toBe(600);
  });

  test("continue after a task that throws, and report the error", async () => {
    const world = new ManualWorld();
    const timers = new Timers(world, world.report);
    let ran = false;
    timers.after(100, () => {
      throw new Error("broken");
    });
    timers.after(100, () => (ran = true));
    await world.advance(200);
    expect(ran).toBe(true);
    expect(world.reported).toHaveLength(1);
  });
});
