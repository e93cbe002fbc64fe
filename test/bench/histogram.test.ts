import { createHistogram } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../bench/statistics/estimates.ts";
import { Histogram } from "../../bench/statistics/histogram.ts";

const random = seededRandom(3);
/** From 1 µs to a minute, all magnitudes alike. */
const values = Array.from({ length: 20_000 }, () => Math.max(1, Math.floor(10 ** (random() * 7.78))));

function histogramOf(all: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of all) histogram.record(value);
  return histogram;
}

describe("the histogram", () => {
  it.each([50, 90, 99, 99.9, 100])("agrees with Node's at the %s. percentile", (percent) => {
    const reference = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 4 });
    for (const value of values) reference.record(value);
    const own = histogramOf(values).percentile(percent);
    expect(Math.abs(own / reference.percentile(percent) - 1)).toBeLessThan(0.01);
  });

  it("keeps every value within 1 %, and small ones exactly", () => {
    for (const value of [0, 1, 100, 255, 256, 999, 4_097, 65_535, 1_000_000, 59_999_999, 3_599_999_999]) {
      const kept = histogramOf([value]).percentile(50);
      expect(Math.abs(kept - value), String(value)).toBeLessThanOrEqual(value < 256 ? 0 : value * 0.01);
    }
  });

  it("is the same after a journey between processes, and adds up", () => {
    const [one, other] = [values.slice(0, 5_000), values.slice(5_000)].map(histogramOf);
    const both = Histogram.decode(JSON.parse(JSON.stringify(one?.encode())));
    both.add(other?.encode() ?? []);
    expect(both.encode()).toEqual(histogramOf(values).encode());
    expect(both.count).toBe(values.length);
  });

  it("gives its curve in ascending order up to all receipts", () => {
    const points = [...histogramOf(values).points()];
    expect(points.at(-1)).toMatchObject({ percent: 100, count: values.length });
    for (const [at, { value, percent }] of points.entries()) {
      if (at === 0) continue;
      expect(value).toBeGreaterThan(points[at - 1]?.value ?? 0);
      expect(percent).toBeGreaterThan(points[at - 1]?.percent ?? 0);
    }
  });

  it("of nothing is 0, and what is beyond its ends counts at its ends", () => {
    expect([new Histogram().percentile(99), new Histogram().max, new Histogram().count]).toEqual([0, 0, 0]);
    expect(histogramOf([-5]).percentile(50)).toBe(0);
    expect(histogramOf([1e12]).percentile(50)).toBeCloseTo(3.6e9, -8);
  });
});
