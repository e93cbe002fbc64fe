import { describe, expect, test } from "vitest";
import { Backoff, RetryTimer } from "../../src/client/retry.ts";
import { ManualPlatform, settle } from "./support/manual-platform.ts";

describe("the back-off", () => {
  test("the backoff doubles its ceiling from 0.5 s to 20 s and is reset by a success", () => {
    const backoff = new Backoff(() => 0.999999);
    expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
    backoff.reset();
    expect(backoff.next()).toBe(500);
  });

  test("the backoff has full jitter below its ceiling", () => {
    expect(new Backoff(() => 0).next()).toBe(0);
    expect(new Backoff(() => 0.5).next()).toBe(250);
  });

  test("the backoff is never shorter than the server asked for", () => {
    expect(new Backoff(() => 0).next(7_000)).toBe(7_000);
    expect(new Backoff(() => 0.5).next(7_000)).toBe(7_250);
  });
});

describe("RetryTimer", () => {
  function setup() {
    const platform = new ManualPlatform();
    const lifetime = new AbortController();
    const told: number[] = [];
    const timer = new RetryTimer(platform, lifetime.signal);
    const pause = async (retryAfterMs?: number) => {
      let over = false;
      timer.failed(retryAfterMs);
      void timer
        .ready((inMs) => told.push(inMs))
        .then(() => {
          over = true;
        });
      await settle();
      return () => over;
    };
    return { platform, lifetime, told, timer, pause };
  }

  test("RetryTimer waits as long as the backoff and reports how long", async () => {
    const { platform, told, pause } = setup();
    const over = await pause();
    expect(told).toEqual([250]);
    await platform.advance(249);
    expect(over()).toBe(false);
    await platform.advance(1);
    expect(over()).toBe(true);
  });

  test("retryNow() ends a wait", async () => {
    const { timer, platform, pause } = setup();
    const over = await pause();
    timer.retryNow();
    await settle();
    expect(over()).toBe(true);
    expect(platform.pending).toBe(0);
  });

  test("retryNow() does not end a wait that the server asked for", async () => {
    const { timer, platform, pause } = setup();
    const over = await pause(5_000);
    timer.retryNow();
    await settle();
    expect(over()).toBe(false);
    await platform.advance(5_000);
    expect(over()).toBe(true);
  });

  test("RetryTimer waits up to the cap while there may be no network, and ends the wait when it is back", async () => {
    const { timer, platform, told, pause } = setup();
    timer.setOnline(false);
    const over = await pause();
    expect(told).toEqual([10_000]);
    await platform.advance(5_000);
    expect(over()).toBe(false);
    timer.setOnline(true);
    await settle();
    expect(over()).toBe(true);
    await pause();
    expect(told.at(-1)).toBe(500);
  });

  test("retryNow() makes the next waits short again", async () => {
    const { timer, platform, told, pause } = setup();
    for (let failure = 0; failure < 8; failure += 1) {
      await pause();
      await platform.advance(20_000);
    }
    expect(told.at(-1)).toBe(10_000);
    timer.retryNow();
    await pause();
    expect(told.at(-1)).toBe(500);
  });

  test("an aborted RetryTimer ends its wait and leaves no timer", async () => {
    const { platform, lifetime, pause } = setup();
    const over = await pause(60_000);
    lifetime.abort();
    await settle();
    expect(over()).toBe(true);
    expect(platform.pending).toBe(0);
  });
});
