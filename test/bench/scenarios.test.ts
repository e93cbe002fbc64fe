import { afterEach, describe, expect, test } from "vitest";
import type { Observation } from "../../bench/generator/messages.ts";
import { BOUND_MS, keeps, searchRate } from "../../bench/scenarios/saturate.ts";
import { peakResident } from "../../bench/scenarios/slow.ts";
import { gapOf, judgeSwitching, type SwitchReport, switchInProcess } from "../../bench/scenarios/switch.ts";
import { lineThrough } from "../../bench/statistics/estimates.ts";
import { Histogram } from "../../bench/statistics/histogram.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";

describe("a line through points", () => {
  test("a line through points on a line is exact", () => {
    const { slope, base } = lineThrough([500, 1_500, 3_000].map((x) => [x, 40_000_000 + 16_000 * x]));
    expect(slope).toBeCloseTo(16_000, 6);
    expect(base).toBeCloseTo(40_000_000, 3);
  });

  test("a line through other points is that of least squares", () => {
    expect(
      lineThrough([
        [0, 0],
        [1, 3],
        [2, 3],
      ]),
    ).toEqual({ slope: 1.5, base: 0.5 });
  });

  test("a line needs two points that differ", () => {
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

  test.each([70, 100, 130, 999, 3_000, 10_000, 25_000])(
    "the search comes within 5 %% of a capacity of %i",
    async (capacity) => {
      const { rates, attempt } = server(capacity);
      const { kept, failed } = await searchRate(attempt, { ...limits, start: 500 });
      expect(kept?.rate).toBeLessThanOrEqual(capacity);
      expect(kept?.rate).toBeGreaterThan(capacity / 1.05);
      expect(failed?.rate).toBeGreaterThan(capacity);
      expect(rates.length).toBeLessThanOrEqual(limits.trials);
      // The result was tried twice, the second time at the end.
      expect(rates.filter((rate) => rate === kept?.rate)).toHaveLength(2);
      expect(rates.at(-1)).toBe(kept?.rate);
    },
  );

  test("the search returns its best rate when its trials are used up", async () => {
    const { rates, attempt } = server(Number.POSITIVE_INFINITY);
    const { kept, failed } = await searchRate(attempt, { ...limits, start: 500 });
    expect(kept?.rate).toBe(500 * 2 ** 9);
    expect(failed).toBeNull();
    expect(rates).toHaveLength(11);
  });

  test("the search finds nothing if no rate is kept", async () => {
    const { rates, attempt } = server(0);
    const { kept, failed } = await searchRate(attempt, { ...limits, start: 20 });
    expect(kept).toBeNull();
    expect(failed).toEqual({ rate: 1.25, outcome: { kept: false } });
    expect(rates).toEqual([20, 10, 5, 2.5, 1.25]);
  });

  test("the search tries higher rates after an unclear failure, but not after a clear one", async () => {
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

  test("the search gives up a rate that was kept only by luck", async () => {
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
  const fine: Observation = {
    messages: 1_200,
    deliveries: 120_000,
    lost: 0,
    duplicated: 0,
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

  /** The number of receipts for each number of ms. */
  function latencies(...pairs: readonly number[]): Observation["latency"] {
    const histogram = new Histogram();
    for (let at = 0; at < pairs.length; at += 2) {
      for (let count = 0; count < (pairs[at] ?? 0); count += 1) histogram.record((pairs[at + 1] ?? 0) * 1_000);
    }
    return histogram.encode();
  }

  test("a rate is kept if all bounds are", () => {
    expect(keeps({ seen: fine }, rate)).toBe(true);
  });

  test.each<[string, Partial<Observation>]>([
    ["a message is lost", { lost: 1 }],
    ["one is duplicated", { duplicated: 1 }],
    ["one is reordered", { reordered: 1 }],
    ["more than 1 % are late", { latency: latencies(98, 10, 2, BOUND_MS + 5) }],
    ["it took more than its time", { elapsedMs: 1_300 }],
    ["the backlog grows", { backlog: { middle: 5, end: 40 } }],
  ])("is not kept when %s", (_what, change) => {
    expect(keeps({ seen: { ...fine, ...change } }, rate)).toBe(false);
  });
});

describe("peak memory", () => {
  test("the peak memory is the highest sample, and the work's result is unchanged", async () => {
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

  test("sampling memory rejects if the work fails", async () => {
    const failing = peakResident({ resident: async () => 1 }, async () => {
      throw new Error("the readers have gone");
    });
    await expect(failing).rejects.toThrow("the readers have gone");
  });
});

describe("the gap of a switch", () => {
  const change = { from: "sse", to: "websocket", startedAt: 1_000, liveAt: 1_030 };

  test("the gap of a switch is the longest pause around it minus the interval", () => {
    expect(gapOf([960, 980, 1_000, 1_065, 1_085, 1_105], change, 20)).toBe(45);
  });

  test("the gap is 0 if messages kept arriving", () => {
    expect(gapOf([980, 1_000, 1_015, 1_035, 1_055], change, 20)).toBe(0);
  });

  test("the gap ignores pauses before and after the switch", () => {
    expect(gapOf([500, 990, 1_010, 1_030, 1_050, 1_070, 1_900], change, 20)).toBe(0);
  });

  test("the gap is unknown until a message arrives after the switch", () => {
    expect(gapOf([980, 1_000, 1_020], change, 20)).toBeNull();
    expect(gapOf([], change, 20)).toBeNull();
  });
});

describe("a run of switches", () => {
  const report: SwitchReport = {
    messages: 100,
    deliveries: 500,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    switches: 5,
    failures: [],
    gapsMs: [1],
    cpu: 0.3,
    delayMs: 4,
  };

  test("a run of switches is valid if every message arrived once and every switch was made", () => {
    expect(judgeSwitching(report)).toBeNull();
  });

  test.each<[object, Partial<SwitchReport>]>([
    [{ kind: "faults", lost: 2, duplicated: 0, reordered: 0 }, { lost: 2 }],
    [
      { kind: "failed", message: "1 of 6 switches failed, the first from sse to x: no" },
      { failures: ["sse to x: no"] },
    ],
    [{ kind: "generator", cpu: 0.95, delayMs: 4 }, { cpu: 0.95 }],
  ])("is %o otherwise", (invalid, change) => {
    expect(judgeSwitching({ ...report, ...change })).toEqual(invalid);
  });
});

let server: RunningServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

const ORDER = { clients: 5, seconds: 2, perSecond: 50, seed: 1 };

describe("real clients that switch under load", () => {
  test("real clients that switch under load get every message once and in order", async () => {
    server = await startServer({ rateLimit: false });
    const { switches, failures, gapsMs, cpu, ...counts } = await switchInProcess(
      { url: server.url.href, ...ORDER },
      null,
    );
    expect(counts).toMatchObject({ messages: 100, deliveries: 500, lost: 0, duplicated: 0, reordered: 0 });
    expect(failures).toEqual([]);
    expect(switches).toBeGreaterThan(0);
    expect(gapsMs).toEqual([...gapsMs].sort((a, b) => a - b));
    expect(gapsMs.length).toBeGreaterThan(0);
    expect(cpu).toBeGreaterThan(0);
  });

  test("real clients that can't connect report why", async () => {
    const switching = switchInProcess({ url: "nowhere", ...ORDER }, null);
    await expect(switching).rejects.toThrow(/the switching clients failed: .*URL/);
  });
});
