import { describe, expect, test } from "vitest";
import type { Effort, Sample } from "../../bench/contract.ts";
import { BUDGETS, gate } from "../../bench/gate.ts";
import { describeMachine } from "../../bench/measure/machine.ts";
import { rowNamed } from "../../bench/registry.ts";
import type { Results, RowNote } from "../../bench/results.ts";
import { fanout } from "../../bench/scenarios/deliveries.ts";

const ROWS = [...new Set(BUDGETS.flatMap(({ row, against }) => [row, against ?? row]))];

const SPOILT = { kind: "generator", cpu: 0.3, delayMs: 90 } as const;

/** CPU per delivery of a row in a round. */
type Cost = (row: string, round: number) => number;

/** Results of a run in which rows cost what they are said to; lost messages where asked for. */
function resultsOf(
  { rounds, ...effort }: Effort,
  cost: Cost,
  lost = 0,
  rows = ROWS,
  spoilt: (row: string) => boolean = () => false,
): Results {
  const samples = rows.flatMap((row) =>
    Array.from({ length: rounds }, (_, at): Sample => {
      const faults = { lost: row === "websocket" && at === 2 ? lost : 0, duplicated: 0, reordered: 0 };
      return {
        scenario: fanout.name,
        row,
        round: at + 1,
        point: "lockstep",
        metrics: { cpu: cost(row, at + 1) },
        latency: null,
        lastLatency: null,
        faults,
        invalid: faults.lost > 0 ? { kind: "faults", ...faults } : spoilt(row) ? SPOILT : null,
        span: [0, 1],
      };
    }),
  );
  const { name, title, question, metrics } = fanout;
  return {
    schema: 3,
    started: "2026-01-01T00:00:00.000Z",
    finished: "2026-01-01T00:01:00.000Z",
    argv: [],
    seed: 1,
    commit: null,
    machine: describeMachine(),
    pinned: true,
    loadAfter: 0,
    rows: rows.map((row): RowNote => {
      const { title: rowTitle, system, kind, leg, setting, version } = rowNamed(row);
      return { name: row, title: rowTitle, system, kind, leg, setting, version };
    }),
    skipped: [],
    scenarios: [{ name, title, question, metrics, effort: { ...effort, rounds } }],
    samples,
  };
}

/** What the gate says of such costs, and how many rounds it asked for each time. */
async function judged(
  cost: Cost,
  lost = 0,
  rows = ROWS,
  spoilt: (row: string) => boolean = () => false,
): Promise<{ kept: boolean; rounds: number[]; said: string }> {
  const rounds: number[] = [];
  const lines: string[] = [];
  const kept = await gate(
    (line) => lines.push(line),
    async (effort) => {
      rounds.push(effort.rounds);
      return resultsOf(effort, cost, lost, rows, spoilt);
    },
  );
  return { kept, rounds, said: lines.join("\n") };
}

const FLOORS: readonly string[] = ["net", "http-long-polling"];
/** Every row at this multiple of its floor. */
const times =
  (factor: number): Cost =>
  (row) =>
    FLOORS.includes(row) ? 10 : 10 * factor;

describe("the gate of ratios", () => {
  test("the gate passes ratios within their budgets at once", async () => {
    expect(await judged(times(1.1))).toMatchObject({ kept: true, rounds: [7] });
  });

  test("the gate fails a ratio above its budget in every round, after a retry with twice the rounds", async () => {
    const { kept, rounds, said } = await judged((row) => (row === "sse" ? 20 : 10));
    expect({ kept, rounds }).toEqual({ kept: false, rounds: [7, 14] });
    expect(said).toMatch(/FAIL {2}sse: cpu × net is 2\.00 \(2\.00–2\.00\)/);
    expect(said).toMatch(/ok {4}websocket: cpu × net is 1\.00/);
  });

  test("the gate passes a median above the budget if its interval reaches below it", async () => {
    const noisy: Cost = (row, round) => (FLOORS.includes(row) ? 10 : round % 2 === 0 ? 11 : 14);
    expect(await judged(noisy)).toMatchObject({ kept: true, rounds: [7] });
  });

  test("the gate ignores absolute times, so that a slow machine passes", async () => {
    expect(await judged((row, round) => times(1.1)(row, round) * round * 100)).toMatchObject({ kept: true });
  });

  test("the gate fails at once if a message was lost", async () => {
    const { kept, rounds, said } = await judged(times(1), 3);
    expect({ kept, rounds }).toEqual({ kept: false, rounds: [7] });
    expect(said).toMatch(/FAIL {2}websocket, round 3: 3 lost/);
  });

  test("the gate passes measurements spoiled by other work after a retry, with a note", async () => {
    const { kept, rounds, said } = await judged(times(1), 0, ROWS, (row) => row === "sse");
    expect({ kept, rounds }).toEqual({ kept: true, rounds: [7, 14] });
    expect(said).toMatch(/none {2}sse.* was not measured: INVALID: the generator was the limit/);
    expect(said).toMatch(/Other processes on this machine disturbed/);
    const broken = await judged(
      (row) => (row === "websocket" ? 20 : 10),
      0,
      ROWS,
      (row) => row === "sse",
    );
    expect(broken.kept).toBe(false);
  });

  test("the gate fails a row that could not be measured, with the reason", async () => {
    const { kept, said } = await judged(
      times(1),
      0,
      ROWS.filter((row) => row !== "long-polling"),
    );
    expect(kept).toBe(false);
    expect(said).toMatch(/none {2}long-polling.* was not measured: there is no long-polling in the results/);
    const { said: other } = await judged(
      times(1),
      0,
      ROWS.filter((row) => row !== "net"),
    );
    expect(other).toMatch(/websocket.* was not measured: no round has both it and net/);
  });
});
