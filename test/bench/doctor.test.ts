import { describe, expect, it } from "vitest";
import { describeCheck, fail, ok, warn } from "../../bench/doctor/check.ts";
import { checkClock, readClocks } from "../../bench/doctor/clock.ts";
import { checkHarness } from "../../bench/doctor/harness.ts";
import { checkLimits, type Limits, readLimits } from "../../bench/doctor/limits.ts";
import { checkNoise, checkTimers, timeFixedWork } from "../../bench/doctor/noise.ts";
import { checkPacing, timeArrivals } from "../../bench/doctor/pacing.ts";
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
  it("are all well on a machine made for it", () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ files: Number.POSITIVE_INFINITY, governor: null, clocksource: null })).toEqual([]);
  });

  it.each<[string, Partial<Limits>]>([
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

  it("of this machine can be read", () => {
    const { cores, load } = readLimits();
    expect(cores).toBeGreaterThan(0);
    expect(load).toBeGreaterThanOrEqual(0);
  });
});

describe("noise", () => {
  it("is none where the same work takes the same time", () => {
    expect(checkNoise(Array.from({ length: 60 }, () => 10))).toMatchObject({ verdict: "ok" });
  });

  it("too loud for ratios of 5 % is warned of, with the rounds it would take", () => {
    const times = Array.from({ length: 60 }, (_, at) => 10 + (at % 5));
    const check = checkNoise(times);
    expect(check).toMatchObject({ verdict: "warn", advice: expect.stringMatching(/make \d+ rounds/) });
    // IQR of 10, 11, 12, 13, 14 is 2, a sixth of 12: 1.96 × 1.253 × √2 × (16.67 / 1.349) / √10 = 13.6 %.
    expect(check.found).toMatch(/varies by 16\.7 %.*ratios apart by 14 %/);
  });

  it("is timed by the clock it is given, the warm-up left out", () => {
    let now = 0;
    const times = timeFixedWork(() => {
      now += 3;
      return now;
    });
    expect(times).toEqual(Array.from({ length: 60 }, () => 3));
  });

  it("of timers is judged by their 99th percentile", () => {
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
  it("is measured against the schedule, from the message that came earliest for its time", () => {
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
  it("is one for all processes here", async () => {
    expect(checkClock(await readClocks())).toMatchObject({ verdict: "ok", found: expect.stringMatching(/^50 of 50/) });
  });

  it("fails where another process reads another time, and where none was read", () => {
    const readings = [
      { before: 10n, inside: 12n, after: 14n },
      { before: 20n, inside: 19n, after: 24n },
    ];
    expect(checkClock(readings)).toMatchObject({ verdict: "fail", found: expect.stringMatching(/^1 of 2/) });
    expect(checkClock([])).toMatchObject({ verdict: "fail" });
  });
});

describe("the harness", () => {
  it("paces, and finds every fault that is put before it", async () => {
    const generator = new Generator(null);
    try {
      expect(await timeArrivals(generator)).toHaveLength(500);
      const checks = [];
      for await (const check of checkHarness(generator)) checks.push(check);
      expect(checks.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual([
        "harness: no fault: ok",
        "harness: a stall: ok",
        "harness: a lost message: ok",
        "harness: a doubled one: ok",
        "harness: two swapped: ok",
      ]);
    } finally {
      await generator.stop();
    }
  });
});

it("a check says what was found and what to do", () => {
  expect(describeCheck(ok("load", "0.1"))).toMatch(/^ok {4}load +0\.1$/);
  expect(describeCheck(warn("load", "3", "Wait."))).toMatch(/^warn {2}load +3\n +→ Wait\.$/);
  expect(describeCheck(fail("load", "9", "Wait."))).toMatch(/^fail {2}load +9\n +→ Wait\.$/);
});
