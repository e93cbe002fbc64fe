import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import type { Sample } from "../../bench/contract.ts";
import { ROWS } from "../../bench/registry.ts";
import { htmlReport } from "../../bench/report/html.ts";
import { formatScenario, formatVerdicts, markdownReport } from "../../bench/report/text.ts";
import { merge, readResults } from "../../bench/results.ts";
import { showProgress } from "../../bench/run/progress.ts";
import { echo, fanout } from "../../bench/scenarios/deliveries.ts";
import { judgeTargets, summarise } from "../../bench/statistics/summarise.ts";
import { madeUp } from "./made-up.ts";

const faulty = madeUp({
  invalid: (row, round) =>
    row === "websocket" && round === 3 ? { kind: "faults", lost: 7, duplicated: 0, reordered: 0 } : null,
});

function tableOf(results: Parameters<typeof summarise>[0]): string {
  const [summary] = summarise(results);
  return summary === undefined ? "" : stripVTControlCharacters(formatScenario(summary));
}

describe("the table", () => {
  test("the table aligns its columns", () => {
    const lines = tableOf(madeUp()).split("\n");
    const at = lines[0]?.indexOf("ratio (95 %)") ?? 0;
    expect(at).toBeGreaterThan(0);
    for (const line of lines) expect(line.slice(at - 2, at).trim()).toBe("");
  });

  test("the table prints why an invalid row has no numbers", () => {
    const line = tableOf(faulty)
      .split("\n")
      .find((each) => each.startsWith("Skyrocket, WebSocket"));
    expect(line?.trim()).toMatch(/^Skyrocket, WebSocket: lockstep +INVALID: 7 lost, 0 duplicated, 0 reordered$/);
  });

  test("the table of verdicts counts the targets that were not measured", () => {
    expect(formatVerdicts(judgeTargets(madeUp()))).toMatch(/^MET +fanout, lockstep +websocket: cpu × net/m);
    expect(formatVerdicts(judgeTargets(madeUp()))).toMatch(/\d+ more were not measured\.$/);
  });
});

describe("the HTML report", () => {
  const html = htmlReport(madeUp());

  test("the HTML report is self-contained", () => {
    expect(html.match(/<script|<link|<img|src=|@import|url\(|https?:\/\//g)).toBeNull();
  });

  test("the HTML report is well formed: every element is closed, every text escaped", () => {
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

  test("every picture of the HTML report has a name, and its numbers are in a table", () => {
    const pictures = html.match(/<svg [^>]*role="img"/g) ?? [];
    expect(pictures.length).toBeGreaterThan(1);
    expect(html.match(/<svg [^>]*role="img" aria-label="[^"]+"><title>[^<]+<\/title>/g)).toHaveLength(pictures.length);
    expect(linesOf(html, "Socket.IO, WebSocket").some((line) => /^Socket\.IO, WebSocket [\d.]+ /.test(line))).toBe(
      true,
    );
    expect(html).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  test("the HTML report lists skipped rows and why", () => {
    expect(linesOf(html, "Bunbun-websocket")).toEqual(["Bunbun-websocket skipped bun is not installed"]);
  });

  test("the HTML report shows an invalid row everywhere, and nowhere a number of it", () => {
    const lines = linesOf(htmlReport(faulty), "Skyrocket, WebSocket");
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines)
      expect(line).toMatch(/INVALID: 7 lost, 0 duplicated, 0 reordered$|no number: a fault ✕ missed$/);
  });

  test("the HTML report counts the targets that are met and lists those not measured", () => {
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
  test("the tables of the Markdown report have the same number of cells in every line", () => {
    const tables = markdownReport(madeUp())
      .split("\n\n")
      .filter((part) => part.startsWith("|"));
    expect(tables.length).toBeGreaterThan(1);
    for (const table of tables) expect(new Set(table.split("\n").map((line) => line.split(" | ").length)).size).toBe(1);
  });
});

describe("a result file", () => {
  const folder = mkdtempSync(join(tmpdir(), "skyrocket-results-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileOf = (text: string): string => {
    const path = join(folder, "run.json");
    writeFileSync(path, text);
    return path;
  };

  test("a result file is read as it was written", async () => {
    const results = madeUp();
    expect(await readResults(fileOf(JSON.stringify(results)))).toEqual(results);
  });

  test("a result file of schema 2 is read with its duplicates under their new name", async () => {
    const duplicate = { kind: "faults", lost: 0, duplicated: 2, reordered: 1 } as const;
    const results = madeUp({ invalid: (row) => (row === "websocket" ? duplicate : null) });
    const text = JSON.stringify(results).replace('"schema":3', '"schema":2').replaceAll('"duplicated"', '"doubled"');
    expect(await readResults(fileOf(text))).toEqual(results);
  });

  test.each(['{"schema":1}', "null", "not JSON", ""])(
    "a file that is no result is refused with its path: %j",
    async (text) => {
      const path = fileOf(text);
      await expect(readResults(path)).rejects.toThrow(`${path} is not a result file of this bench`);
    },
  );
});

describe("merged runs", () => {
  test("merged runs have all scenarios, and of each the later run", () => {
    const early = madeUp({ rounds: 3 });
    const late = { ...madeUp({ rounds: 5 }), started: "2026-01-03T00:00:00.000Z" };
    const other = { ...madeUp({ scenario: echo, point: null }), started: "2026-01-04T00:00:00.000Z" };
    const together = merge([other, late, early]);
    expect(together.scenarios.map(({ name }) => name)).toEqual(["fanout", "echo"]);
    const rounds = together.samples.filter(({ scenario }) => scenario === "fanout").map(({ round }) => round);
    expect(Math.max(...rounds)).toBe(5);
    expect(together.samples).toHaveLength(late.samples.length + other.samples.length);
  });

  test("runs of different commits or machines can't be merged", () => {
    const other = { ...madeUp(), commit: { id: "ffffffffffff", changed: false } };
    expect(() => merge([madeUp(), other])).toThrow(/different commits/);
    expect(() => merge([])).toThrow("there is no run to report");
  });
});

const row = ROWS[0];
if (row === undefined) throw new Error("the bench has no row");

function sample(invalid: Sample["invalid"]): Sample {
  const faults = { lost: 0, duplicated: 0, reordered: 0 };
  const empty = { metrics: {}, latency: null, lastLatency: null, faults, span: [0, 0] } as const;
  return { ...empty, scenario: "fanout", row: row?.name ?? "", round: 1, point: "20/s", invalid };
}

/** Shows one scenario of two measurements, 3 s each, and returns what was written. */
function shown(isTTY: boolean, invalid: Sample["invalid"] = null): string {
  let written = "";
  let time = 0;
  const output = { isTTY, write: (text: string) => (written += text) };
  const show = showProgress(output, () => time);
  show({ kind: "scenario", scenario: fanout, rows: 1, rounds: 2 });
  time = 1_000;
  if (row === undefined) return "";
  show({ kind: "opened", scenario: fanout, row, elapsedMs: 1_000 });
  time = 4_000;
  show({ kind: "measured", scenario: fanout, row, round: 1, done: 1, of: 2, samples: [sample(invalid)] });
  return written;
}

describe("progress", () => {
  test("progress is one plain line per measurement without a terminal", () => {
    const lines = stripVTControlCharacters(shown(false)).trim().split("\n");
    expect(lines).toEqual(["Fan-out: 1 row, 2 rounds", `  opened ${row.name} in 1 s`, `  1/2, 3 s left: ${row.name}`]);
    expect(shown(false)).not.toContain("\r");
  });

  test("progress is a bar with the remaining time on a terminal", () => {
    expect(shown(true)).toContain(`\r\u001B[K${"█".repeat(12)}${"░".repeat(12)} 1/2, 3 s left: ${row.name}`);
  });

  test("the remaining time includes restarts of servers between rounds", () => {
    let written = "";
    let time = 0;
    const show = showProgress({ write: (text: string) => (written += text) }, () => time);
    const opened = (elapsedMs: number): void => show({ kind: "opened", scenario: fanout, row, elapsedMs });
    const measured = (done: number): void =>
      show({ kind: "measured", scenario: fanout, row, round: done, done, of: 4, samples: [sample(null)] });
    show({ kind: "scenario", scenario: fanout, rows: 1, rounds: 4 });
    opened(5_000);
    time = 3_000;
    measured(1);
    time = 7_000;
    opened(4_000);
    time = 10_000;
    measured(2);
    expect(written).toContain("2/4, 10 s left");
  });

  test("progress names an invalid measurement and its reason", () => {
    const text = shown(false, { kind: "generator", cpu: 0.97, delayMs: 40 });
    expect(text).toMatch(new RegExp(`${row.name}, round 1, 20/s: INVALID: the generator was the limit`));
  });
});
