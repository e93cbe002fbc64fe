import { createHistogram } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { compare, formatComparison, mannWhitney } from "../../bench/statistics/compare.ts";
import { estimate, median, quantile, seededRandom, shuffled } from "../../bench/statistics/estimates.ts";
import { Histogram } from "../../bench/statistics/histogram.ts";
import { madeUp, USUAL } from "./made-up.ts";

describe("quantile and median", () => {
  test.each([
    { values: [7], share: 0.5, expected: 7 },
    { values: [1, 2, 3, 4], share: 0.5, expected: 2.5 },
    { values: [1, 2, 3, 4, 5], share: 0.25, expected: 2 },
    { values: [10, 20], share: 0.9, expected: 19 },
    { values: [3, 5, 8], share: 0, expected: 3 },
    { values: [3, 5, 8], share: 1, expected: 8 },
  ])("the quantile $share of $values is $expected", ({ values, share, expected }) => {
    expect(quantile(values, share)).toBeCloseTo(expected, 12);
  });

  test("the median sorts numbers as numbers and does not change the sample", () => {
    const sample = [10, 9, 100];
    expect(median(sample)).toBe(10);
    expect(sample).toEqual([10, 9, 100]);
  });

  test("an empty sample has no quantile and no median", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("estimate", () => {
  test("an interval has no width if all rounds agree", () => {
    expect(estimate([1.1, 1.1, 1.1], seededRandom(1))).toEqual({ median: 1.1, low: 1.1, high: 1.1 });
  });

  test("an interval of five values is the one that resampling must give", () => {
    // A resampled median of five is 1 only when at least three draws of five are: 5.8 % of the time, so 2.5 % lies there.
    const { median: middle, low, high } = estimate([1, 2, 3, 4, 5], seededRandom(1));
    expect({ middle, low, high }).toEqual({ middle: 3, low: 1, high: 5 });
  });

  test("an interval covers the true median about 95 times in 100", () => {
    const random = seededRandom(7);
    let covered = 0;
    for (let run = 0; run < 200; run += 1) {
      const { low, high } = estimate(
        Array.from({ length: 25 }, () => random()),
        random,
        1_000,
      );
      if (low <= 0.5 && high >= 0.5) covered += 1;
    }
    expect(covered).toBeGreaterThanOrEqual(180);
    expect(covered).toBeLessThanOrEqual(199);
  });
});

describe("random numbers", () => {
  test("random numbers repeat for a seed and differ between seeds", () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => random());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    for (const value of draw(3)) expect(value >= 0 && value < 1).toBe(true);
  });

  test("shuffling puts every item at every position about equally often", () => {
    const random = seededRandom(1);
    const firsts = new Map<string, number>();
    for (let run = 0; run < 3_000; run += 1) {
      const order = shuffled(["a", "b", "c"], random);
      expect([...order].sort()).toEqual(["a", "b", "c"]);
      firsts.set(order.join(""), (firsts.get(order.join("")) ?? 0) + 1);
    }
    expect(firsts.size).toBe(6);
    for (const count of firsts.values()) expect(Math.abs(count - 500)).toBeLessThan(100);
  });
});

const random = seededRandom(3);
/** From 1 µs to a minute, all magnitudes alike. */
const values = Array.from({ length: 20_000 }, () => Math.max(1, Math.floor(10 ** (random() * 7.78))));

function histogramOf(all: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of all) histogram.record(value);
  return histogram;
}

describe("the histogram", () => {
  test.each([50, 90, 99, 99.9, 100])("the histogram agrees with Node's at percentile %s", (percent) => {
    const reference = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 4 });
    for (const value of values) reference.record(value);
    const own = histogramOf(values).percentile(percent);
    expect(Math.abs(own / reference.percentile(percent) - 1)).toBeLessThan(0.01);
  });

  test("the histogram keeps every value within 1 % and small ones exactly", () => {
    for (const value of [0, 1, 100, 255, 256, 999, 4_097, 65_535, 1_000_000, 59_999_999, 3_599_999_999]) {
      const kept = histogramOf([value]).percentile(50);
      expect(Math.abs(kept - value), String(value)).toBeLessThanOrEqual(value < 256 ? 0 : value * 0.01);
    }
  });

  test("an encoded histogram is restored unchanged, and histograms can be added", () => {
    const [one, other] = [values.slice(0, 5_000), values.slice(5_000)].map(histogramOf);
    const both = Histogram.decode(JSON.parse(JSON.stringify(one?.encode())));
    both.add(other?.encode() ?? []);
    expect(both.encode()).toEqual(histogramOf(values).encode());
    expect(both.count).toBe(values.length);
  });

  test("the percentile curve is ascending and ends at all receipts", () => {
    const points = [...histogramOf(values).points()];
    expect(points.at(-1)).toMatchObject({ percent: 100, count: values.length });
    for (const [at, { value, percent }] of points.entries()) {
      if (at === 0) continue;
      expect(value).toBeGreaterThan(points[at - 1]?.value ?? 0);
      expect(percent).toBeGreaterThan(points[at - 1]?.percent ?? 0);
    }
  });

  test("an empty histogram is 0, and values out of range count at its ends", () => {
    expect([new Histogram().percentile(99), new Histogram().max, new Histogram().count]).toEqual([0, 0, 0]);
    expect(histogramOf([-5]).percentile(50)).toBe(0);
    expect(histogramOf([1e12]).percentile(50)).toBeCloseTo(3.6e9, -8);
  });
});

describe("the rank test", () => {
  test("the rank test agrees with published values of two-sided p, corrected for continuity", () => {
    // R: wilcox.test(x, y, exact = FALSE).
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(0.012_19, 4);
    expect(mannWhitney([1, 3, 5, 7], [2, 4, 6, 8])).toBeCloseTo(0.665, 2);
    expect(mannWhitney([1, 1, 1], [1, 1, 1])).toBe(1);
  });
});

describe("a comparison of two runs", () => {
  test("a comparison finds a row that is 5 % cheaper on a machine of a different speed", () => {
    const before = madeUp({ seed: 1 });
    const after = madeUp({ seed: 2, cpu: { ...USUAL, websocket: USUAL.websocket * 0.95 } });
    const changed = compare(before, after).changes.filter(({ verdict }) => verdict !== "unchanged");
    expect(changed.map(({ row, metric, verdict }) => ({ row, metric, verdict }))).toEqual(
      ["cpu", "user", "system"].map((metric) => ({ row: "websocket", metric, verdict: "better" })),
    );
    expect(formatComparison(compare(before, after))).toMatch(
      /^better fanout, lockstep: websocket, cpu × net: 1.0.*-[45]\.\d %$/m,
    );
  });

  test("a comparison with too few rounds finds no change and warns why", () => {
    const after = madeUp({ seed: 2, rounds: 5, cpu: { ...USUAL, websocket: USUAL.websocket * 2 } });
    const { changes, warnings } = compare(madeUp({ seed: 1, rounds: 5 }), after);
    expect(changes.filter(({ verdict }) => verdict !== "unchanged")).toEqual([]);
    expect(warnings).toEqual(['"fanout" has 5 rounds: below 6 no change can be distinguished from noise.']);
  });

  test("a comparison calls a more expensive row worse", () => {
    const after = madeUp({ seed: 2, cpu: { ...USUAL, "long-polling": USUAL["long-polling"] * 1.08 } });
    const worse = compare(madeUp({ seed: 1 }), after).changes.filter(({ verdict }) => verdict === "worse");
    expect(new Set(worse.map(({ row }) => row))).toEqual(new Set(["long-polling"]));
  });

  test("a comparison finds no change in 1 % of noise", () => {
    const { changes, warnings } = compare(madeUp({ seed: 1 }), madeUp({ seed: 2 }));
    expect(changes.length).toBeGreaterThan(20);
    expect(changes.filter(({ verdict }) => verdict !== "unchanged")).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test("a comparison warns about differences between the runs", () => {
    const before = madeUp();
    const machine = { ...before.machine, versions: { ...before.machine.versions, node: "24.0.0" } };
    const { warnings } = compare({ ...before, machine, pinned: false }, madeUp({ rounds: 5 }));
    expect(warnings).toEqual([
      "The runs differ in their Node versions: 24.0.0 before, 26.10.0 after.",
      "The runs differ in CPU pinning: false before, true after.",
      expect.stringMatching(/^The runs differ in the effort of "fanout"/),
      '"fanout" has 5 rounds: below 6 no change can be distinguished from noise.',
    ]);
  });
});
