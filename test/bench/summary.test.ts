import { describe, expect, it } from "vitest";
import { readOptions } from "../../bench/fanout/options.ts";
import { FLOORS, ROWS, type Row } from "../../bench/fanout/rows.ts";
import { summarise } from "../../bench/fanout/summary.ts";
import { formatTable } from "../../bench/fanout/table.ts";
import { type Invalid, judge } from "../../bench/fanout/validity.ts";
import type { Sample } from "../../bench/fanout/window.ts";
import type { Seen } from "../../bench/generator/messages.ts";

const SEEN: Seen = {
  broadcasts: 10,
  deliveries: 100,
  lost: 0,
  doubled: 0,
  reordered: 0,
  bytesDown: 15_000,
  bytesUp: 0,
  elapsedMs: 1_000,
  late: 0,
  generatorCpu: 0.3,
  generatorDelayMs: 4,
};
const LIMITED: Invalid = { kind: "generator", cpu: 0.97, delayMs: 4 };

function sample(row: string, cpu: number, invalid: Invalid | null = null): Sample {
  return {
    row,
    cpu,
    user: cpu / 4,
    system: (cpu * 3) / 4,
    bytesDown: 150,
    bytesUp: 0,
    seen: SEEN,
    invalid,
    span: [0, 1],
  };
}

function rowNamed(name: string): Row {
  const row = [...FLOORS, ...ROWS].find((each) => each.name === name);
  if (row === undefined) throw new Error(`there is no row ${name}`);
  return row;
}

const ROWS_UNDER_TEST = [rowNamed("net"), rowNamed("websocket")];

describe("the summary", () => {
  it("takes ratios inside the round, so that a machine that slows down fourfold changes none", () => {
    const rounds = [1, 2, 4].map((slowness) => [sample("net", 10 * slowness), sample("websocket", 11 * slowness)]);
    const [, websocket] = summarise(ROWS_UNDER_TEST, rounds, 1);
    expect(websocket).toMatchObject({ kind: "measured", cpu: 22, perSecond: 10 });
    const [ratio] = websocket?.kind === "measured" ? websocket.ratios : [];
    expect(ratio).toMatchObject({ against: "net", atMost: 1.15 });
    for (const value of [ratio?.median, ratio?.low, ratio?.high]) expect(value).toBeCloseTo(1.1, 12);
  });

  it("prints no number for a row that lost a single message", () => {
    const faults = { kind: "faults", lost: 1, doubled: 0, reordered: 0 } as const;
    const rounds = Array.from({ length: 9 }, (_, round) => [
      sample("net", 10),
      sample("websocket", 11, round === 4 ? faults : null),
    ]);
    const summaries = summarise(ROWS_UNDER_TEST, rounds, 1);
    expect(summaries[1]).toMatchObject({ kind: "invalid" });
    expect(formatTable(summaries)).toMatch(/Skyrocket WebSocket +INVALID: 1 lost, 0 doubled, 0 reordered$/);
  });

  it("leaves windows out in which the generator was the limit, in both places of a ratio", () => {
    const rounds = [
      [sample("net", 10), sample("websocket", 20)],
      [sample("net", 10, LIMITED), sample("websocket", 90)],
      [sample("net", 10), sample("websocket", 20)],
    ];
    const [, websocket] = summarise(ROWS_UNDER_TEST, rounds, 1);
    expect(websocket?.kind === "measured" ? websocket.ratios[0] : null).toMatchObject({ median: 2, low: 2, high: 2 });
  });

  it("has no number for a row whose generator was the limit more often than not", () => {
    const rounds = [LIMITED, LIMITED, null].map((invalid) => [sample("net", 10), sample("websocket", 11, invalid)]);
    expect(summarise(ROWS_UNDER_TEST, rounds, 1)[1]).toMatchObject({ kind: "invalid" });
  });
});

describe("validity", () => {
  it.each([
    { title: "a quiet generator", seen: SEEN, kind: undefined },
    { title: "a busy generator", seen: { ...SEEN, generatorCpu: 0.95 }, kind: "generator" },
    { title: "a late generator", seen: { ...SEEN, generatorDelayMs: 31 }, kind: "generator" },
    { title: "a fault under a busy generator", seen: { ...SEEN, generatorCpu: 1, lost: 1 }, kind: "faults" },
  ])("$title", ({ seen, kind }) => {
    expect(judge(seen, 100)?.kind).toBe(kind);
  });
});

describe("the command line", () => {
  it("always has the floors, and the rows asked for", () => {
    const { rows, rounds, readers, seed } = readOptions(["--only", "sse,websocket", "--rounds", "3"]);
    expect(rows.map(({ name }) => name)).toEqual(["net", "http-long-polling", "sse", "websocket"]);
    expect({ rounds, readers, seed }).toEqual({ rounds: 3, readers: 500, seed: 1 });
  });

  it.each([
    { args: ["--only", "smoke"], says: /no row "smoke"/ },
    { args: ["--rounds", "0"], says: /--rounds must be a number above 0/ },
    { args: ["--readers", "1.5"], says: /--readers must be a whole number/ },
    { args: ["--seconds", "soon"], says: /--seconds must be a number above 0, not "soon"/ },
    { args: ["--publish", "pigeon"], says: /"websocket" or "post", not "pigeon"/ },
    { args: ["--colour"], says: /--colour/ },
  ])("refuses $args", ({ args, says }) => {
    expect(() => readOptions(args)).toThrow(says);
  });
});
