import { describe, expect, test } from "vitest";
import { ClockOffset } from "../../src/client/clock-offset.ts";
import { RoundTrips } from "../../src/client/state.ts";

describe("the clock offset", () => {
  test("the clock offset is null before its first sample", () => {
    expect(new ClockOffset().since(1_000, 0)).toBeNull();
  });

  test("the clock offset assumes that the server's time is from the middle of the round trip", () => {
    const clock = new ClockOffset();
    // Asked at 100, answered at 120; the server's clock then said 50,000.
    clock.sample(100, 50_000, 120);
    expect(clock.since(50_000, 110)).toBe(0);
    expect(clock.since(50_000, 135)).toBe(25);
  });

  test("the clock offset uses the shortest round trip", () => {
    const clock = new ClockOffset();
    clock.sample(0, 10_000, 4);
    clock.sample(100, 10_900, 1_000);
    expect(clock.since(10_000, 12)).toBe(10);
  });

  test("the clock offset forgets a sample after 16 newer ones", () => {
    const clock = new ClockOffset();
    clock.sample(0, 1_000_000, 0);
    for (let turn = 0; turn < 16; turn += 1) clock.sample(0, 10, 10);
    expect(clock.since(10, 20)).toBe(15);
  });

  test("the age of an event is never negative", () => {
    const clock = new ClockOffset();
    clock.sample(0, 1_000, 100);
    expect(clock.since(5_000, 200)).toBe(0);
  });
});

describe("round trips", () => {
  test("round trips are reported as the median of the last nine", () => {
    const trips = new RoundTrips();
    expect(trips.median).toBeNull();
    for (const ms of [900, 1, 2, 3, 4, 5, 6, 7, 8, 9]) trips.add(ms);
    expect(trips.median).toBe(5);
    trips.clear();
    expect(trips.median).toBeNull();
  });
});
