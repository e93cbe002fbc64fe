import { describe, expect, test } from "vitest";
import { barPlot, cpuBars, ratioPlot } from "../../bench/report/bars.ts";
import { curvePanel } from "../../bench/report/curves.ts";
import { picturesOf } from "../../bench/report/html.ts";
import { byLeg, sectionsOf } from "../../bench/report/look.ts";
import { linear, linearTicks, logarithmic, logTicks } from "../../bench/report/markup.ts";
import { digits, estimateText, tickText } from "../../bench/report/text.ts";
import type { Results, ScenarioSummary } from "../../bench/results.ts";
import { fanout, slope } from "../../bench/scenarios/deliveries.ts";
import { summarise } from "../../bench/statistics/summarise.ts";
import { madeUp, noteOf } from "./made-up.ts";

function summaryOf(results: Results): ScenarioSummary {
  const [summary] = summarise(results);
  if (summary === undefined) throw new Error("there is no scenario");
  return summary;
}

function lockstep() {
  const [section] = sectionsOf(summaryOf(madeUp()));
  if (section === undefined) throw new Error("there is no section");
  return section;
}

describe("numbers as text", () => {
  test.each([
    [0, "0"],
    [0.0274, "0.027"],
    [0.85, "0.85"],
    [1.0849, "1.08"],
    [12.34, "12.3"],
    [16_384, "16,384"],
  ])("%d is printed as %s", (value, text) => {
    expect(digits(value)).toBe(text);
  });

  test("an estimate without an interval is only a number", () => {
    expect(estimateText({ median: 4, low: 4, high: 4 })).toBe("4.00");
    expect(estimateText({ median: 4, low: 3, high: 5 })).toBe("4.00 (3.00–5.00)");
  });
});

describe("axes", () => {
  test("a scale maps the ends of its domain to the ends of its range", () => {
    expect([2, 20].map(logarithmic([2, 20], [5, 95]))).toEqual([5, 95]);
    expect(logarithmic([1, 100], [0, 100])(10)).toBeCloseTo(50, 9);
    expect(logarithmic([1, 100], [0, 100])(0)).toBe(0);
    expect([0, 5, 10].map(linear([0, 10], [20, 40]))).toEqual([20, 30, 40]);
  });

  test("an axis has round ticks, and not too many", () => {
    expect(logTicks(0.9, 6)).toEqual([1, 2, 5]);
    expect(logTicks(0.5, 20_000, 9).map(tickText)).toEqual(["1", "10", "100", "1,000", "10,000"]);
    expect(linearTicks(23)).toEqual([0, 10, 20]);
    expect(linearTicks(0.8)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8]);
  });
});

describe("rows", () => {
  test("rows are grouped by leg: the floors first, then ours, then the peers", () => {
    const names = ["socket-io-polling", "websocket", "long-polling", "http-long-polling", "net"];
    const groups = byLeg(names.map((name) => ({ row: noteOf(name) })));
    expect(groups.map(({ sign, items }) => [sign.leg, items.map(({ row }) => row.name)])).toEqual([
      ["raw", ["net"]],
      ["websocket", ["websocket"]],
      ["long-polling", ["http-long-polling", "long-polling", "socket-io-polling"]],
    ]);
  });

  test("rows of a leg without a sign are not left out", () => {
    const row = { ...noteOf("sse"), leg: "carrier-pigeon" };
    expect(byLeg([{ row }]).map(({ sign }) => sign.title)).toEqual(["carrier-pigeon"]);
  });
});

describe("the plots of costs", () => {
  test("a CPU bar has the measured total, split by user and system", () => {
    const summary = summaryOf(madeUp());
    const line = summary.lines.find(({ row }) => row.name === "websocket");
    if (line?.kind !== "measured") throw new Error("the websocket row was not measured");
    const cpu = line.cells.find(({ metric }) => metric === "cpu")?.value.median ?? 0;
    const parts = cpuBars(fanout.metrics).parts(line) ?? [];
    expect(parts).toHaveLength(2);
    expect((parts[0] ?? 0) + (parts[1] ?? 0)).toBeCloseTo(cpu, 9);
    expect((parts[0] ?? 0) / cpu).toBeCloseTo(0.25, 2);
  });

  test("a bar is proportional to its number", () => {
    const numbers = new Map([
      ["net", 10],
      ["websocket", 20],
    ]);
    const plot = barPlot(
      { caption: "c", unit: "u", parts: ({ row }) => (numbers.has(row.name) ? [numbers.get(row.name) ?? 0] : null) },
      lockstep(),
    );
    const widths = [...plot.matchAll(/<rect x="2%" y="50%" width="([\d.]+)%"/g)].map(([, width]) => Number(width));
    expect(widths).toEqual([47.5, 95]);
  });

  test("a plot of ratios shows the bounds of targets", () => {
    const plot = ratioPlot("fanout", lockstep());
    expect(plot.match(/class="bound"/g)).toHaveLength(2);
    expect(plot).toMatch(/≤ 1\.10/);
    expect(plot).toMatch(/≤ 3\.40/);
  });
});

describe("curves", () => {
  const axes = { xTicks: [{ value: 1, label: "1" }], yDomain: [1, 10] } as const;

  test("labels of curves don't cover each other, even if the curves do", () => {
    const curves = ["a", "b", "c", "d"].map((label) => ({
      label,
      row: noteOf("net"),
      dash: "",
      points: [
        [1, 2],
        [10, 9.9],
      ] as const,
    }));
    const places = [...curvePanel("t", axes, curves).matchAll(/<text x="[\d.]+" y="([\d.]+)" class="name/g)].map(
      ([, y]) => Number(y),
    );
    expect(places).toHaveLength(4);
    for (const [at, place] of places.entries()) if (at > 0) expect(place - (places[at - 1] ?? 0)).toBeGreaterThan(14.9);
  });

  test("a curve by a varied value has a point for each value, in order", () => {
    const points = ["500 readers", "50 readers", "200 readers"].map((point) => madeUp({ scenario: slope, point }));
    const [first] = points;
    if (first === undefined) throw new Error("there is no run");
    const results = { ...first, samples: points.flatMap(({ samples }) => samples) };
    const pictures = picturesOf(summaryOf(results), results.samples);
    expect(pictures).toMatch(/<figcaption>By readers<\/figcaption>/);
    const [, path = ""] = /<path d="([^"]+)" class="curve bare floor"/.exec(pictures) ?? [];
    const xs = [...path.matchAll(/[ML]([\d.]+) /g)].map(([, x]) => Number(x));
    expect(xs).toHaveLength(3);
    expect(xs).toEqual(xs.toSorted((a, b) => a - b));
  });
});
