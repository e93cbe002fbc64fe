import { describe, expect, test } from "vitest";
import { checkHarness, checkPacing, timeArrivals } from "../../bench/doctor/doctor.ts";
import {
  checkClock,
  checkLimits,
  checkNoise,
  checkTimers,
  describeCheck,
  fail,
  type Limits,
  ok,
  readClocks,
  readLimits,
  timeFixedWork,
  warn,
} from "../../bench/doctor/machine.ts";
import { Generator } from "../../bench/generator/client.ts";

const GOOD: Limits = {
  files: 65_536,
  ports: [10_240, 65_535],
  cores: 4,
  pinnable: true,
  governor: "performance",
  clocksource: "tsc",
  load: 0.1,
};

function warnings(limits: Partial<Limits>): string[] {
  return checkLimits({ ...GOOD, ...limits }, 3_000)
    .filter(({ verdict }) => verdict === "warn")
    .map(({ name }) => name);
}

describe("limits", () => {
  test("every limit is ok on a suitable machine", () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ files: Number.POSITIVE_INFINITY, governor: null, clocksource: null })).toEqual([]);
  });

  test.each<[string, Partial<Limits>]>([
    ["open files", { files: 1_024 }],
    ["open files", { files: null }],
    ["ephemeral ports", { ports: [32_768, 40_000] }],
    ["ephemeral ports", { ports: null }],
    ["cores", { cores: 1, load: 0 }],
    ["cores", { pinnable: false }],
    ["frequency governor", { governor: "powersave" }],
    ["clocksource", { clocksource: "hpet" }],
    ["load", { load: 3 }],
  ])("%s: %o is warned of, and nothing else", (name, limits) => {
    expect(warnings(limits)).toEqual([name]);
  });

  test("the limits of this machine can be read", () => {
    const { cores, load } = readLimits();
    expect(cores).toBeGreaterThan(0);
    expect(load).toBeGreaterThanOrEqual(0);
  });
});

describe("noise", () => {
  test("work that always takes the same time has no noise", () => {
    expect(checkNoise(Array.from({ length: 60 }, () => 10))).toMatchObject({ verdict: "ok" });
  });

  test("noise too high for ratios 5 % apart gives a warning with the rounds that are needed", () => {
    const times = Array.from({ length: 60 }, (_, at) => 10 + (at % 5));
    const check = checkNoise(times);
    expect(check).toMatchObject({ verdict: "warn", advice: expect.stringMatching(/Run \d+ rounds/) });
    // IQR of 10, 11, 12, 13, 14 is 2, a sixth of 12: 1.96 × 1.253 × √2 × (16.67 / 1.349) / √10 = 13.6 %.
    expect(check.found).toMatch(/varies by 16\.7 %.*ratios 14 % apart/);
  });

  test("noise is timed with the given clock and without the warm-up", () => {
    let now = 0;
    const times = timeFixedWork(() => {
      now += 3;
      return now;
    });
    expect(times).toEqual(Array.from({ length: 60 }, () => 3));
  });

  test("the lateness of timers is judged by its 99th percentile", () => {
    const steady = Array.from({ length: 100 }, () => 0.2);
    expect(checkTimers(steady)).toMatchObject({ verdict: "ok" });
    expect(checkTimers([...steady, 40])).toMatchObject({
      verdict: "ok",
      found: expect.stringMatching(/40\.0 at worst/),
    });
    expect(checkTimers([...steady, 40, 40, 40])).toMatchObject({ verdict: "warn" });
  });
});

describe("pacing", () => {
  test("pacing is measured against the schedule, from the most punctual message", () => {
    const inTime = Array.from({ length: 200 }, (_, at) => 1_000 + at * 2);
    expect(checkPacing(inTime, 500)).toMatchObject({
      verdict: "ok",
      found: expect.stringMatching(/0\.00 ms .* 0\.00 at p99/),
    });
    // Bursts: ten messages at once every 20 ms.
    const bursts = Array.from({ length: 200 }, (_, at) => 1_000 + Math.ceil((at + 1) / 10) * 20);
    expect(checkPacing(bursts, 500)).toMatchObject({ verdict: "warn" });
  });
});

describe("the clock", () => {
  test("all processes share one clock on this machine", async () => {
    expect(checkClock(await readClocks())).toMatchObject({ verdict: "ok", found: expect.stringMatching(/^50 of 50/) });
  });

  test("the clock check fails if another process reads a different time, or none", () => {
    const readings = [
      { before: 10n, inside: 12n, after: 14n },
      { before: 20n, inside: 19n, after: 24n },
    ];
    expect(checkClock(readings)).toMatchObject({ verdict: "fail", found: expect.stringMatching(/^1 of 2/) });
    expect(checkClock([])).toMatchObject({ verdict: "fail" });
  });
});

describe("the harness", () => {
  test("the harness keeps its pace and finds every built-in fault", async () => {
    const generator = new Generator(null);
    try {
      expect(await timeArrivals(generator)).toHaveLength(500);
      const checks = [];
      for await (const check of checkHarness(generator)) checks.push(check);
      expect(checks.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual([
        "harness: no fault: ok",
        "harness: a stall: ok",
        "harness: a lost message: ok",
        "harness: a duplicate: ok",
        "harness: two swapped: ok",
      ]);
    } finally {
      await generator.stop();
    }
  });
});

test("a check prints its finding and its advice", () => {
  expect(describeCheck(ok("load", "0.1"))).toMatch(/^ok {4}load +0\.1$/);
  expect(describeCheck(warn("load", "3", "Wait."))).toMatch(/^warn {2}load +3\n +→ Wait\.$/);
  expect(describeCheck(fail("load", "9", "Wait."))).toMatch(/^fail {2}load +9\n +→ Wait\.$/);
});
