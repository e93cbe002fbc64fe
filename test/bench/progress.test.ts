import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { Sample } from "../../bench/contract.ts";
import { ROWS } from "../../bench/registry.ts";
import { showProgress } from "../../bench/run/progress.ts";
import { fanout } from "../../bench/scenarios/deliveries.ts";

const row = ROWS[0];
if (row === undefined) throw new Error("the bench has no row");

function sample(invalid: Sample["invalid"]): Sample {
  const faults = { lost: 0, doubled: 0, reordered: 0 };
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
  it("is one plain line a measurement where there is no terminal", () => {
    const lines = stripVTControlCharacters(shown(false)).trim().split("\n");
    expect(lines).toEqual(["Fan-out: 1 row, 2 rounds", `  opened ${row.name} in 1 s`, `  1/2, 3 s left: ${row.name}`]);
    expect(shown(false)).not.toContain("\r");
  });

  it("is a bar in place on a terminal, with the time left", () => {
    expect(shown(true)).toContain(`\r\u001B[K${"█".repeat(12)}${"░".repeat(12)} 1/2, 3 s left: ${row.name}`);
  });

  it("counts the time in which servers are started anew between rounds", () => {
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

  it("names a measurement that counts for nothing, and why", () => {
    const text = shown(false, { kind: "generator", cpu: 0.97, delayMs: 40 });
    expect(text).toMatch(new RegExp(`${row.name}, round 1, 20/s: INVALID: the generator was the limit`));
  });
});
