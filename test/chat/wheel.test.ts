import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimerWheel } from "../../src/chat/wheel.ts";
import { ManualWorld } from "../support/manual-world.ts";

describe("timer wheel", () => {
  it("runs a task not before its time and at most two ticks after it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 30 }), async (delays) => {
        const world = new ManualWorld();
        const wheel = new TimerWheel(world);
        const ran: { delay: number; at: number }[] = [];
        for (const delay of delays) wheel.after(delay, () => ran.push({ delay, at: world.elapsed() }));
        await world.pass(90_100);
        expect(ran).toHaveLength(delays.length);
        for (const { delay, at } of ran) {
          expect(at).toBeGreaterThanOrEqual(delay);
          expect(at).toBeLessThanOrEqual(delay + 50);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("gathers tasks that may be early in few turns, none earlier than it may be", async () => {
    const world = new ManualWorld();
    const wheel = new TimerWheel(world);
    const ran: { due: number; at: number }[] = [];
    for (let due = 15_000; due < 16_000; due += 5) wheel.after(due, () => ran.push({ due, at: world.elapsed() }), 250);
    await world.pass(16_100);
    expect(ran).toHaveLength(200);
    for (const { due, at } of ran) {
      expect(at).toBeGreaterThanOrEqual(due - 250);
      expect(at).toBeLessThanOrEqual(due + 50);
    }
    expect(new Set(ran.map(({ at }) => at)).size).toBeLessThanOrEqual(5);
  });

  it("sleeps until something is due", async () => {
    const world = new ManualWorld();
    const wheel = new TimerWheel(world);
    let ran = 0;
    for (const seconds of [1, 20, 70]) wheel.after(seconds * 1_000, () => (ran += 1));
    await world.pass(71_000);
    expect(ran).toBe(3);
    // Once for each, and once a turn of the wheel (25.6 s) in between.
    expect(world.woken).toBeLessThanOrEqual(6);
  });

  it("never runs what was cancelled, and sleeps when nothing is due", async () => {
    const world = new ManualWorld();
    const wheel = new TimerWheel(world);
    const timer = wheel.after(1_000, () => expect.fail("it was cancelled"));
    expect(world.timers).toBe(1);
    timer.cancel();
    timer.cancel();
    expect(wheel.size).toBe(0);
    expect(world.timers).toBe(0);
    await world.pass(2_000);
  });

  it("runs everything that fell due during a stall longer than a whole turn of the wheel", async () => {
    const world = new ManualWorld();
    const wheel = new TimerWheel(world);
    let ran = 0;
    for (let ms = 100; ms <= 60_000; ms += 100) wheel.after(ms, () => (ran += 1));
    world.stall(61_000);
    await world.pass(100);
    expect(ran).toBe(600);
  });

  it("goes on after a task that throws, and reports the error", async () => {
    const world = new ManualWorld();
    const wheel = new TimerWheel(world);
    let ran = false;
    wheel.after(100, () => {
      throw new Error("broken");
    });
    wheel.after(100, () => (ran = true));
    await world.pass(200);
    expect(ran).toBe(true);
    expect(world.reported).toHaveLength(1);
  });
});
