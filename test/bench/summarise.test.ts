import { describe, expect, test } from "vitest";
import type { Line } from "../../bench/results.ts";
import { judgeTargets, summarise, verdictOn } from "../../bench/statistics/summarise.ts";
import { madeUp } from "./made-up.ts";

function lineOf(results: Parameters<typeof summarise>[0], row: string): Line {
  const line = summarise(results)[0]?.lines.find((each) => each.row.name === row);
  if (line === undefined) throw new Error(`there is no line of ${row}`);
  return line;
}

function measured(results: Parameters<typeof summarise>[0], row: string): Extract<Line, { kind: "measured" }> {
  const line = lineOf(results, row);
  if (line.kind === "invalid") throw new Error(line.why);
  return line;
}

describe("a summary", () => {
  test("ratios are taken within a round, so that a machine that changes its speed doesn't change them", () => {
    const { ratios, cells } = measured(madeUp({ noise: 0.001 }), "websocket");
    const ratio = ratios.find(({ metric, against }) => metric === "cpu" && against === "net")?.ratio;
    expect(ratio?.median).toBeCloseTo(8.6 / 8, 2);
    expect((ratio?.high ?? 0) - (ratio?.low ?? 0)).toBeLessThan(0.01);
    const cpu = cells.find(({ metric }) => metric === "cpu")?.value;
    expect((cpu?.high ?? 0) - (cpu?.low ?? 0)).toBeGreaterThan(0.5);
  });

  test("long polling is compared with both floors, and a row with that of its target", () => {
    const against = measured(madeUp(), "long-polling").ratios.map((ratio) => ratio.against);
    expect(against.toSorted()).toEqual(["http-long-polling", "net"]);
    expect(measured(madeUp(), "websocket").ratios.map((ratio) => ratio.against)).toContain("socket-io-websocket");
    expect(measured(madeUp(), "net").ratios).toEqual([]);
  });

  test("a summary merges histograms instead of averaging percentiles", () => {
    const { latency, lastLatency } = measured(madeUp({ rounds: 10 }), "websocket");
    // Ten rounds of 1 to 10 ms, 100 receipts each: nine tenths are at or below 9 ms.
    expect(latency).toMatchObject({ count: 1_000 });
    expect(latency?.p90).toBeCloseTo(9_000, -2);
    expect(latency?.max).toBeCloseTo(10_000, -2);
    expect(lastLatency?.count).toBe(100);
  });

  test("overhead is relative to the floor, which sends only the payload", () => {
    const overhead = measured(madeUp(), "websocket").cells.find(({ metric }) => metric === "overhead");
    expect(overhead?.value).toEqual({ median: 4, low: 4, high: 4 });
  });

  test("a row with one fault has no number", () => {
    const invalid = (row: string, round: number) =>
      row === "websocket" && round === 3 ? ({ kind: "faults", lost: 1, duplicated: 0, reordered: 0 } as const) : null;
    expect(lineOf(madeUp({ invalid }), "websocket")).toEqual({
      kind: "invalid",
      row: expect.objectContaining({ name: "websocket" }),
      point: "lockstep",
      why: "INVALID: 1 lost, 0 duplicated, 0 reordered",
    });
    expect(judgeTargets(madeUp({ invalid })).find(({ target }) => target.row === "websocket")).toMatchObject({
      measured: null,
      verdict: "missed",
    });
  });

  test("rounds in which the generator was the limit are left out, and the row if they are more than a third", () => {
    const limited = (upTo: number) => (row: string, round: number) =>
      row === "websocket" && round <= upTo ? ({ kind: "generator", cpu: 0.95, delayMs: 1 } as const) : null;
    expect(measured(madeUp({ invalid: limited(3) }), "websocket")).toMatchObject({ rounds: 7, leftOut: 3 });
    expect(lineOf(madeUp({ invalid: limited(4) }), "websocket")).toMatchObject({
      kind: "invalid",
      why: expect.stringContaining("the generator was the limit (95 % CPU"),
    });
  });
});

describe("a verdict", () => {
  const bound = { bound: 1.1, direction: "at most" } as const;
  const target = { scenario: "fanout", point: null, metric: "cpu", row: "sse", against: "net", againstPoint: null };
  test.each([
    { title: "below the bound, narrow", estimate: { median: 1.05, low: 1.03, high: 1.07 }, verdict: "met" },
    { title: "at the bound with its lower end", estimate: { median: 1.12, low: 1.1, high: 1.14 }, verdict: "met" },
    { title: "too wide to tell", estimate: { median: 1.1, low: 1, high: 1.2 }, verdict: "unsure" },
    { title: "above", estimate: { median: 1.2, low: 1.15, high: 1.25 }, verdict: "missed" },
  ])("a target is judged $verdict: $title", ({ estimate, verdict }) => {
    expect(verdictOn({ ...target, ...bound, goal: null }, estimate, 10)).toBe(verdict);
  });

  test("a verdict is unsure after two rounds, however similar they are", () => {
    expect(verdictOn({ ...target, ...bound, goal: null }, { median: 1, low: 1, high: 1 }, 2)).toBe("unsure");
  });

  test("a verdict on a lower bound uses the higher end", () => {
    const least = { ...target, bound: 3, direction: "at least", goal: null } as const;
    expect(verdictOn(least, { median: 2.95, low: 2.9, high: 3 }, 10)).toBe("met");
    expect(verdictOn(least, { median: 2.9, low: 2.8, high: 2.95 }, 10)).toBe("missed");
  });

  test("a verdict needs a measured number", () => {
    const verdicts = judgeTargets(madeUp());
    const of = (row: string, against: string) =>
      verdicts.find(
        ({ target: { scenario, row: r, against: a } }) => scenario === "fanout" && r === row && a === against,
      );
    expect(of("websocket", "net")?.verdict).toBe("met");
    expect(of("websocket", "socket-io-websocket")?.verdict).toBe("met");
    expect(of("sse", "net")?.verdict).toBe("not measured");
  });
});
