import { describe, expect, it } from "vitest";
import type { Seen } from "../../bench/generator/messages.ts";
import { BOUND_MS, keeps, searchRate } from "../../bench/scenarios/saturate.ts";
import { peakResident } from "../../bench/scenarios/slow.ts";
import type { SwitchReport } from "../../bench/scenarios/switch.ts";
import { gapOf, judgeSwitching } from "../../bench/scenarios/switch.ts";
import { lineThrough } from "../../bench/statistics/estimates.ts";
import { Histogram } from "../../bench/statistics/histogram.ts";

describe("a line through points", () => {
  it("is exact where they lie on one", () => {
    const { slope, base } = lineThrough([500, 1_500, 3_000].map((x) => [x, 40_000_000 + 16_000 * x]));
    expect(slope).toBeCloseTo(16_000, 6);
    expect(base).toBeCloseTo(40_000_000, 3);
  });

  it("is the one of least squares where they don't", () => {
    expect(
      lineThrough([
        [0, 0],
        [1, 3],
        [2, 3],
      ]),
    ).toEqual({ slope: 1.5, base: 0.5 });
  });

  it("needs points that differ", () => {
    expect(() =>
      lineThrough([
        [5, 1],
        [5, 2],
      ]),
    ).toThrow(RangeError);
  });
});

describe("the search for the highest rate", () => {
  const limits = { precision: 1.05, trials: 14 };

  /** A server that keeps every rate up to `capacity`. */
  function server(capacity: number) {
    const rates: number[] = [];
    const attempt = async (rate: number) => {
      rates.push(rate);
      return { kept: rate <= capacity };
    };
    return { rates, attempt };
  }

  it.each([70, 100, 130, 999, 3_000, 10_000, 25_000])("comes within 5 %% of a capacity of %i", async (capacity) => {
    const { rates, attempt } = server(capacity);
    const { kept, failed } = await searchRate(attempt, { ...limits, start: 500 });
    expect(kept?.rate).toBeLessThanOrEqual(capacity);
    expect(kept?.rate).toBeGreaterThan(capacity / 1.05);
    expect(failed?.rate).toBeGreaterThan(capacity);
    expect(rates.length).toBeLessThanOrEqual(limits.trials);
    // The result was tried twice, the second time last of all.
    expect(rates.filter((rate) => rate === kept?.rate)).toHaveLength(2);
    expect(rates.at(-1)).toBe(kept?.rate);
  });

  it("gives what it has when its trials are over", async () => {
    const { rates, attempt } = server(Number.POSITIVE_INFINITY);
    const { kept, failed } = await searchRate(attempt, { ...limits, start: 500 });
    expect(kept?.rate).toBe(500 * 2 ** 9);
    expect(failed).toBeNull();
    expect(rates).toHaveLength(11);
  });

  it("finds nothing where no rate is kept", async () => {
    const { rates, attempt } = server(0);
    const { kept, failed } = await searchRate(attempt, { ...limits, start: 20 });
    expect(kept).toBeNull();
    expect(failed).toEqual({ rate: 1.25, outcome: { kept: false } });
    expect(rates).toEqual([20, 10, 5, 2.5, 1.25]);
  });

  it("looks beyond a rate at which it may have been the generator that failed, and not beyond one at which it wasn't", async () => {
    const valley = (unclear: boolean) => async (rate: number) => {
      const kept = rate <= 1_500 || (rate >= 3_000 && rate <= 12_000);
      return { kept, unclear: unclear && !kept && rate < 3_000 };
    };
    const far = await searchRate(valley(true), { ...limits, start: 500, trials: 20 });
    expect(far.kept?.rate).toBeGreaterThan(12_000 / 1.05);
    expect(far.failed?.rate).toBeGreaterThan(12_000);
    const near = await searchRate(valley(false), { ...limits, start: 500, trials: 20 });
    expect(near.kept?.rate).toBeLessThanOrEqual(1_500);
  });

  it("gives up a rate that was kept only by luck", async () => {
    let lucky = 1;
    const attempt = async (rate: number) => {
      if (rate <= 1_000) return { kept: true };
      if (rate > 1_500) return { kept: false };
      lucky -= 1;
      return { kept: lucky >= 0 };
    };
    const { kept } = await searchRate(attempt, { start: 700, precision: 1.5, trials: 8 });
    expect(kept?.rate).toBeLessThanOrEqual(1_000);
  });
});

describe("a saturating rate", () => {
  const rate = 1_000;
  const fine: Seen = {
    messages: 1_200,
    deliveries: 120_000,
    lost: 0,
    doubled: 0,
    reordered: 0,
    bytesDown: 0,
    bytesUp: 0,
    reads: 120_000,
    elapsedMs: 1_210,
    late: 0,
    latency: latencies(99, 10, 1, 200),
    lastLatency: [],
    disturbedLatency: [],
    reopened: 0,
    backMs: {},
    backlog: { middle: 5, end: 8 },
    generatorCpu: 0.5,
    generatorDelayMs: 2,
  };

  /** So many receipts after so many ms each. */
  function latencies(...pairs: readonly number[]): Seen["latency"] {
    const histogram = new Histogram();
    for (let at = 0; at < pairs.length; at += 2) {
      for (let count = 0; count < (pairs[at] ?? 0); count += 1) histogram.record((pairs[at + 1] ?? 0) * 1_000);
    }
    return histogram.encode();
  }

  it("is kept when all bounds are", () => {
    expect(keeps({ seen: fine }, rate)).toBe(true);
  });

  it.each<[string, Partial<Seen>]>([
    ["a message is lost", { lost: 1 }],
    ["one is doubled", { doubled: 1 }],
    ["one is reordered", { reordered: 1 }],
    ["more than 1 % are late", { latency: latencies(98, 10, 2, BOUND_MS + 5) }],
    ["it took more than its time", { elapsedMs: 1_300 }],
    ["the backlog grows", { backlog: { middle: 5, end: 40 } }],
  ])("is not kept when %s", (_what, change) => {
    expect(keeps({ seen: { ...fine, ...change } }, rate)).toBe(false);
  });
});

describe("the memory seen during some work", () => {
  it("is the highest of all samples, and the work's result stays what it is", async () => {
    const samples = [10, 30, 20];
    const { promise: sampledTwice, resolve } = Promise.withResolvers<void>();
    const resident = async (): Promise<number> => {
      const bytes = samples.shift();
      if (samples.length === 1) resolve();
      return bytes ?? 0;
    };
    const { result, peakBytes } = await peakResident({ resident }, async () => {
      await sampledTwice;
      return "done";
    });
    expect({ result, peakBytes }).toEqual({ result: "done", peakBytes: 30 });
  });

  it("is of no interest when the work fails", async () => {
    const failing = peakResident({ resident: async () => 1 }, async () => {
      throw new Error("the readers have gone");
    });
    await expect(failing).rejects.toThrow("the readers have gone");
  });
});

describe("the gap of a switch", () => {
  const change = { from: "sse", to: "websocket", startedAt: 1_000, liveAt: 1_030 };

  it("is what the longest pause around it has beyond the interval", () => {
    expect(gapOf([960, 980, 1_000, 1_065, 1_085, 1_105], change, 20)).toBe(45);
  });

  it("is 0 where messages went on coming", () => {
    expect(gapOf([980, 1_000, 1_015, 1_035, 1_055], change, 20)).toBe(0);
  });

  it("leaves out pauses before and after it", () => {
    expect(gapOf([500, 990, 1_010, 1_030, 1_050, 1_070, 1_900], change, 20)).toBe(0);
  });

  it("is unknown while nothing has come after it", () => {
    expect(gapOf([980, 1_000, 1_020], change, 20)).toBeNull();
    expect(gapOf([], change, 20)).toBeNull();
  });
});

describe("a run of switches", () => {
  const report: SwitchReport = {
    messages: 100,
    deliveries: 500,
    lost: 0,
    doubled: 0,
    reordered: 0,
    switches: 5,
    failures: [],
    gapsMs: [1],
    cpu: 0.3,
    delayMs: 4,
  };

  it("counts when every message came once and every switch was made", () => {
    expect(judgeSwitching(report)).toBeNull();
  });

  it.each<[object, Partial<SwitchReport>]>([
    [{ kind: "faults", lost: 2, doubled: 0, reordered: 0 }, { lost: 2 }],
    [
      { kind: "failed", message: "1 of 6 switches failed, the first from sse to x: no" },
      { failures: ["sse to x: no"] },
    ],
    [{ kind: "generator", cpu: 0.95, delayMs: 4 }, { cpu: 0.95 }],
  ])("is %o otherwise", (invalid, change) => {
    expect(judgeSwitching({ ...report, ...change })).toEqual(invalid);
  });
});
