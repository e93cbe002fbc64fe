import { expect, test } from "vitest";
import { tick } from "../../../lab/page/model/frames.ts";

/** A page whose frames come every 16 ms, for two seconds. */
function twoSeconds(still: boolean, task: (elapsedMs: number) => void): void {
  const asked: ((now: number) => void)[] = [];
  const frames = {
    request: (frame: (now: number) => void) => asked.push(frame),
    cancel: () => asked.splice(0),
  };
  const stop = tick(frames, () => still, task);
  for (let now = 0; now <= 2_000; now += 16) asked.shift()?.(now);
  expect(asked).toHaveLength(1);
  stop();
  expect(asked).toHaveLength(0);
}

test("draws about thirty times a second, and tells how long it has been since", () => {
  const elapsed: number[] = [];
  twoSeconds(false, (ms) => elapsed.push(ms));
  expect(elapsed.length).toBeGreaterThan(55);
  expect(elapsed.length).toBeLessThan(70);
  expect(elapsed.reduce((sum, ms) => sum + ms, 0)).toBe(1_984);
});

test("steps twice a second for whoever has asked for reduced motion, and skips no time", () => {
  const elapsed: number[] = [];
  twoSeconds(true, (ms) => elapsed.push(ms));
  expect(elapsed).toHaveLength(4);
  expect(elapsed.slice(1).every((ms) => ms >= 500 && ms < 532)).toBe(true);
});
