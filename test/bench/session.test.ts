import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Effort, Row, Scenario } from "../../bench/contract.ts";
import type { ServerProcess } from "../../bench/measure/server-process.ts";
import { rowNamed } from "../../bench/registry.ts";
import type { Progress } from "../../bench/run/progress.ts";
import { runBench } from "../../bench/run/session.ts";
import { fanout } from "../../bench/scenarios/deliveries.ts";
import { PATIENCE_MS } from "../support/wait.ts";

// The load generator's process inherits it.
beforeAll(() => void vi.stubEnv("BENCH_PATIENCE_MS", String(PATIENCE_MS)));
afterAll(() => void vi.unstubAllEnvs());

const EFFORT: Effort = {
  rounds: 3,
  roundsPerServer: null,
  seconds: 0.1,
  readers: 5,
  warmUp: 5,
  idle: [5],
  idleSeconds: 0.1,
};

function planOf(scenarios: readonly Scenario[], rows: readonly Row[], seen: Progress[] = [], effort = EFFORT) {
  const signal = new AbortController().signal;
  const watch = (progress: Progress): void => void seen.push(progress);
  return { scenarios, rows, effort, seed: 7, profile: null, argv: [], signal, watch };
}

/** A scenario that opens nothing and notes in which order rows are measured. */
function noting(order: string[], together = 1): Scenario {
  return {
    ...fanout,
    name: "noting",
    lifecycle: "fresh",
    together,
    measure: async ({ row, round, alone }) => {
      await alone(async () => {
        order.push(`in ${row.name} ${round}`);
        await Promise.resolve();
        order.push(`out ${row.name} ${round}`);
      });
      return [];
    },
  };
}

describe("a run", () => {
  test("a run measures every row in every round, floors and ours, over real connections", async () => {
    const seen: Progress[] = [];
    const rows = ["net", "websocket", "sse", "long-polling", "short-polling"].map(rowNamed);
    const results = await runBench(planOf([fanout], rows, seen));
    expect(results).toMatchObject({ schema: 3, seed: 7, skipped: [] });
    for (const { name } of rows) {
      const samples = results.samples.filter(({ row, point }) => row === name && point === "lockstep");
      expect(samples.map(({ round }) => round)).toEqual([1, 2, 3]);
      for (const { metrics, faults } of samples) {
        expect(faults).toEqual({ lost: 0, duplicated: 0, reordered: 0 });
        expect(metrics["bytesDown"]).toBeGreaterThan(100);
        expect(metrics["cpu"]).toBeGreaterThan(0);
      }
    }
    expect(seen.filter(({ kind }) => kind === "opened")).toHaveLength(rows.length);
    expect(seen.at(-1)).toMatchObject({ kind: "finished", results: { samples: results.samples } });
  });

  test("a run restarts long-running servers after the given number of rounds", async () => {
    const seen: Progress[] = [];
    const servers: ServerProcess[] = [];
    const scenario: Scenario = {
      ...fanout,
      measure: async (stage) => {
        servers.push(stage.server);
        return fanout.measure(stage);
      },
    };
    const plan = planOf([scenario], [rowNamed("net")], seen, { ...EFFORT, roundsPerServer: 2 });
    const results = await runBench(plan);
    expect(results.samples.filter(({ point }) => point === "lockstep").map(({ round }) => round)).toEqual([1, 2, 3]);
    expect(servers).toHaveLength(3);
    expect(servers[1]).toBe(servers[0]);
    expect(servers[2]).not.toBe(servers[0]);
    expect(seen.filter(({ kind }) => kind === "opened")).toHaveLength(2);
  });

  test("a run shuffles the rows in each round, the same way for the same seed", async () => {
    const rows = ["net", "http-long-polling", "http-sse"].map(rowNamed);
    const [first, second]: [string[], string[]] = [[], []];
    await runBench(planOf([noting(first)], rows));
    await runBench(planOf([noting(second)], rows));
    expect(first).toHaveLength(18);
    expect(first).toEqual(second);
    const orders = [1, 2, 3].map((round) =>
      first.filter((entry) => entry.endsWith(` ${round}`)).map((entry) => entry.slice(0, -2)),
    );
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  });

  test("a run lets rows measured together do some steps alone", async () => {
    const order: string[] = [];
    await runBench(planOf([noting(order, 3)], ["net", "http-long-polling", "http-sse"].map(rowNamed)));
    for (let at = 0; at < order.length; at += 2) expect(order[at + 1]).toBe(order[at]?.replace("in", "out"));
  });

  test("a run names a missing row and a failed one, and continues with the others", async () => {
    const net = rowNamed("net");
    const seen: Progress[] = [];
    const gone: Row = { ...net, name: "gone", title: "Gone", missing: "It is not installed." };
    const broken: Row = { ...rowNamed("http-sse"), server: () => ["--eval", ""] };
    const results = await runBench(planOf([fanout], [net, gone, broken], seen));
    expect(results.skipped).toEqual([{ row: "gone", title: "Gone", why: "It is not installed." }]);
    expect(results.samples.filter(({ row }) => row === "http-sse")).toMatchObject([
      { invalid: { kind: "failed" }, metrics: {} },
    ]);
    expect(results.samples.filter(({ row, point }) => row === "net" && point === "lockstep")).toHaveLength(3);
  });

  test("an aborted run ends after the current measurement and keeps its results", async () => {
    const stop = new AbortController();
    const scenario: Scenario = {
      ...fanout,
      measure: async (stage) => {
        stop.abort();
        return fanout.measure(stage);
      },
    };
    const results = await runBench({ ...planOf([scenario, scenario], [rowNamed("net")]), signal: stop.signal });
    expect(new Set(results.samples.map(({ round }) => round))).toEqual(new Set([1]));
  });
});
