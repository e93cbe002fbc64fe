import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { htmlReport } from "../../bench/report/html.ts";
import { formatScenario, formatVerdicts, markdownReport } from "../../bench/report/text.ts";
import { merge } from "../../bench/results.ts";
import { echo } from "../../bench/scenarios/deliveries.ts";
import { judgeTargets, summarise } from "../../bench/statistics/summarise.ts";
import { madeUp } from "./made-up.ts";

const faulty = madeUp({
  invalid: (row, round) =>
    row === "websocket" && round === 3 ? { kind: "faults", lost: 7, doubled: 0, reordered: 0 } : null,
});

function tableOf(results: Parameters<typeof summarise>[0]): string {
  const [summary] = summarise(results);
  return summary === undefined ? "" : stripVTControlCharacters(formatScenario(summary));
}

describe("the table", () => {
  it("aligns its columns", () => {
    const lines = tableOf(madeUp()).split("\n");
    const at = lines[0]?.indexOf("ratio (95 %)") ?? 0;
    expect(at).toBeGreaterThan(0);
    for (const line of lines) expect(line.slice(at - 2, at).trim()).toBe("");
  });

  it("prints no number for an invalid row, and why it has none", () => {
    const line = tableOf(faulty)
      .split("\n")
      .find((each) => each.startsWith("Skyrocket, WebSocket"));
    expect(line?.trim()).toMatch(/^Skyrocket, WebSocket: lockstep +INVALID: 7 lost, 0 doubled, 0 reordered$/);
  });

  it("of verdicts says how many targets were not measured", () => {
    expect(formatVerdicts(judgeTargets(madeUp()))).toMatch(/^MET +fanout, lockstep +websocket: cpu × net/m);
    expect(formatVerdicts(judgeTargets(madeUp()))).toMatch(/\d+ more were not measured\.$/);
  });
});

describe("the HTML report", () => {
  const html = htmlReport(madeUp());

  it("needs nothing but itself", () => {
    expect(html.match(/<script|<link|<img|src=|@import|url\(|https?:\/\//g)).toBeNull();
  });

  it("is well formed: every element is closed, every text escaped", () => {
    const open: string[] = [];
    const body = html.replace(/<!doctype html>|<style>[\s\S]*?<\/style>|<meta[^>]*>|<br>/g, "");
    for (const [tag, close, name, selfClosed] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
      if (selfClosed === "/") continue;
      if (close === "") open.push(name ?? "");
      else expect(open.pop(), tag).toBe(name);
    }
    expect(open).toEqual([]);
    expect(html).toContain("A &lt;fast&gt; CPU &amp; more");
    expect(body.replace(/<[^>]*>/g, "")).not.toMatch(/[<>]/);
  });

  it("names every picture, and has all numbers in a table beside it", () => {
    const pictures = html.match(/<svg [^>]*role="img"/g) ?? [];
    expect(pictures.length).toBeGreaterThan(1);
    expect(html.match(/<svg [^>]*role="img" aria-label="[^"]+"><title>[^<]+<\/title>/g)).toHaveLength(pictures.length);
    expect(linesOf(html, "Socket.IO, WebSocket").some((line) => /^Socket\.IO, WebSocket [\d.]+ /.test(line))).toBe(
      true,
    );
    expect(html).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it("names what was skipped and why", () => {
    expect(linesOf(html, "Bunbun-websocket")).toEqual(["Bunbun-websocket skipped bun is not installed"]);
  });

  it("shows an invalid row in every table and picture, and nowhere a number of it", () => {
    const lines = linesOf(htmlReport(faulty), "Skyrocket, WebSocket");
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines)
      expect(line).toMatch(/INVALID: 7 lost, 0 doubled, 0 reordered$|no number: a fault ✕ missed$/);
  });

  it("says how many targets are met, and which were not measured", () => {
    expect(html).toMatch(/<b class="met">[1-9]\d*<\/b>/);
    expect(html).toMatch(/Not measured in this run: \d+ targets/);
  });
});

/** The text of every table line that begins with this row. */
function linesOf(html: string, row: string): string[] {
  return [...html.matchAll(/<tr><th scope="row".*?<\/tr>/g)]
    .map(([line]) =>
      line
        .replace(/<title>.*?<\/title>/g, "")
        .replace(/<\/t[hd]>/g, " ")
        .replace(/<[^>]*>/g, "")
        .replace(/ +/g, " ")
        .trim(),
    )
    .filter((line) => line.startsWith(`${row} `));
}

describe("the Markdown report", () => {
  it("has tables whose lines all have as many cells", () => {
    const tables = markdownReport(madeUp())
      .split("\n\n")
      .filter((part) => part.startsWith("|"));
    expect(tables.length).toBeGreaterThan(1);
    for (const table of tables) expect(new Set(table.split("\n").map((line) => line.split(" | ").length)).size).toBe(1);
  });
});

describe("several runs as one", () => {
  it("are their scenarios together; of one scenario the later run stays", () => {
    const early = madeUp({ rounds: 3 });
    const late = { ...madeUp({ rounds: 5 }), started: "2026-01-03T00:00:00.000Z" };
    const other = { ...madeUp({ scenario: echo, point: null }), started: "2026-01-04T00:00:00.000Z" };
    const together = merge([other, late, early]);
    expect(together.scenarios.map(({ name }) => name)).toEqual(["fanout", "echo"]);
    const rounds = together.samples.filter(({ scenario }) => scenario === "fanout").map(({ round }) => round);
    expect(Math.max(...rounds)).toBe(5);
    expect(together.samples).toHaveLength(late.samples.length + other.samples.length);
  });

  it("of different commits or machines are refused", () => {
    const other = { ...madeUp(), commit: { id: "ffffffffffff", changed: false } };
    expect(() => merge([madeUp(), other])).toThrow(/different commits/);
    expect(() => merge([])).toThrow("there is no run to report");
  });
});
