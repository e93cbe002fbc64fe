import { describe, expect, it } from "vitest";
import { estimate, median, quantile, seededRandom, shuffled } from "../../bench/statistics/estimates.ts";

describe("quantile and median", () => {
  it.each([
    { values: [7], share: 0.5, expected: 7 },
    { values: [1, 2, 3, 4], share: 0.5, expected: 2.5 },
    { values: [1, 2, 3, 4, 5], share: 0.25, expected: 2 },
    { values: [10, 20], share: 0.9, expected: 19 },
    { values: [3, 5, 8], share: 0, expected: 3 },
    { values: [3, 5, 8], share: 1, expected: 8 },
  ])("is $expected for $share of $values", ({ values, share, expected }) => {
    expect(quantile(values, share)).toBeCloseTo(expected, 12);
  });

  it("sorts numbers as numbers and leaves the sample as it was", () => {
    const sample = [10, 9, 100];
    expect(median(sample)).toBe(10);
    expect(sample).toEqual([10, 9, 100]);
  });

  it("refuses an empty sample", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("estimate", () => {
  it("has no width when all rounds agree", () => {
    expect(estimate([1.1, 1.1, 1.1], seededRandom(1))).toEqual({ median: 1.1, low: 1.1, high: 1.1 });
  });

  it("finds the interval that resampling five values must give", () => {
    // A resampled median of five is 1 only when at least three draws of five are: 5.8 % of the time, so 2.5 % lies there.
    const { median: middle, low, high } = estimate([1, 2, 3, 4, 5], seededRandom(1));
    expect({ middle, low, high }).toEqual({ middle: 3, low: 1, high: 5 });
  });

  it("covers the true median about 95 times in 100", () => {
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

describe("chance", () => {
  it("repeats itself for a seed and differs between seeds", () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => random());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    for (const value of draw(3)) expect(value >= 0 && value < 1).toBe(true);
  });

  it("puts every item at every place about equally often", () => {
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
