import { describe, expect, test } from "vitest";
import type { Effort } from "../../bench/contract.ts";
import { account, type DeathRecord, deaths, type Outcome, type ReaderRecord } from "../../bench/deaths/scenario.ts";
import { rowNamed } from "../../bench/registry.ts";
import { redis } from "../../scripts/setup/tools.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { samplesOf } from "./samples.ts";

/** Time between two messages in the made-up record, in ms. */
const EVERY_MS = 100;
const DIED_AT = 1_050;
const MESSAGES = 40;
const FINE = { lost: 0, worst: 0, silent: 0, duplicated: 0, reordered: 0, lostBefore: 0, recovery: 0 };

type Arrivals = ReaderRecord["arrivals"];

/** Two writers in turn, two readers that get each message after 10 ms, and a death after the tenth message. */
function recordWith({
  arrivals = (usual) => usual,
  told = [],
  outcome = () => "acknowledged",
}: {
  /** What the first reader gets instead. */
  readonly arrivals?: (usual: Arrivals) => Arrivals;
  readonly told?: readonly number[];
  readonly outcome?: (number: number) => Outcome;
} = {}): DeathRecord {
  const messages = Array.from({ length: MESSAGES }, (_, at) => ({
    writer: at % 2,
    sentAt: (at + 1) * EVERY_MS,
    outcome: outcome(at + 1),
  }));
  const usual = messages.map(({ sentAt }, at) => [at + 1, sentAt + 10] as const);
  const readers = [
    { arrivals: arrivals(usual), told },
    { arrivals: usual, told: [] },
  ];
  return { diedAt: DIED_AT, messages, readers };
}

function without(from: number, to: number): (usual: Arrivals) => Arrivals {
  return (usual) => usual.filter(([number]) => number < from || number > to);
}

describe("the accounts of a death", () => {
  test("nothing is counted if every message arrived once and in order", () => {
    expect(account(recordWith())).toEqual({ ...FINE, acknowledged: MESSAGES, unanswered: 0 });
  });

  test("a message that was acknowledged and never arrived is lost, and silent if the reader was told nothing", () => {
    expect(account(recordWith({ arrivals: without(11, 15) }))).toMatchObject({
      lost: 5,
      worst: 5,
      silent: 5,
      lostBefore: 0,
      recovery: 1_500 - DIED_AT,
    });
  });

  test("a loss is not silent if the reader was told after the message was sent", () => {
    const told = [1_350];
    expect(account(recordWith({ arrivals: without(11, 15), told }))).toMatchObject({ lost: 5, silent: 2 });
  });

  test("a message that was not acknowledged is not lost", () => {
    const outcome = (number: number): Outcome =>
      number === 11 ? "refused" : number === 12 ? "unknown" : "acknowledged";
    expect(account(recordWith({ arrivals: without(11, 12), outcome }))).toMatchObject({
      ...FINE,
      unanswered: 2,
      recovery: 1_210 - DIED_AT,
    });
  });

  test("a second arrival is a duplicate", () => {
    const arrivals = (usual: Arrivals): Arrivals => [...usual, [20, 5_000], [20, 5_001]];
    expect(account(recordWith({ arrivals }))).toMatchObject({ ...FINE, duplicated: 2 });
  });

  test("only messages of one writer have an order", () => {
    const swapped =
      (one: number, other: number) =>
      (usual: Arrivals): Arrivals =>
        usual.map(([number, at]) => [number === one ? other : number === other ? one : number, at]);
    expect(account(recordWith({ arrivals: swapped(20, 21) }))).toMatchObject({ ...FINE, reordered: 0 });
    expect(account(recordWith({ arrivals: swapped(20, 22) }))).toMatchObject({ ...FINE, reordered: 1 });
  });

  test("recovery lasts until the last message in a row that is late has arrived", () => {
    const late = (first: number, last: number, at: number) => (usual: Arrivals) =>
      usual.map(([number, usually]) => [number, number < first || number > last ? usually : at] as const);
    expect(account(recordWith({ arrivals: late(11, 15, 2_200) })).recovery).toBe(2_200 - DIED_AT);
    // One that is late long afterwards has another cause.
    expect(account(recordWith({ arrivals: late(35, 35, 9_000) })).recovery).toBe(0);
  });

  test("a loss long before the death shows that something else is wrong", () => {
    expect(account(recordWith({ arrivals: without(2, 3) }))).toMatchObject({ lost: 2, lostBefore: 2 });
  });
});

const EFFORT: Effort = {
  rounds: 1,
  roundsPerServer: null,
  seconds: 0.1,
  readers: 20,
  warmUp: 0,
  idle: [1],
  idleSeconds: 0.1,
};
const POINTS = ["node killed", "Redis killed", "partition"];

describeWith("real deaths", [redis], () => {
  test("Skyrocket's own clients lose and duplicate nothing", async () => {
    const samples = await samplesOf(deaths, ["websocket-two-nodes"], EFFORT);
    expect(samples.map(({ point, invalid }) => ({ point, invalid }))).toEqual(
      POINTS.map((point) => ({ point, invalid: null })),
    );
    for (const { metrics } of samples) {
      expect(metrics["acknowledged"]).toBeGreaterThan(0);
      expect(metrics).toMatchObject({ lost: 0, silent: 0, duplicated: 0, reordered: 0 });
    }
  });

  const { missing } = rowNamed("socket-io-sharded");
  test.skipIf(missing !== null)(
    "readers of a node that keeps no history lose what was sent while they were away",
    async () => {
      const [killed, ...others] = await samplesOf(deaths, ["socket-io-sharded"], EFFORT);
      expect(killed).toMatchObject({ point: "node killed", invalid: null });
      expect(killed?.metrics["lost"]).toBeGreaterThan(0);
      expect(others.map(({ invalid }) => invalid)).toEqual([null, null]);
    },
  );
});
