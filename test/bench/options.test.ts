import { describe, expect, test } from "vitest";
import { readRunOptions } from "../../bench/options.ts";
import { ROWS } from "../../bench/registry.ts";
import { SCENARIOS } from "../../bench/scenarios/registry.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";

const floors = ROWS.filter(({ kind }) => kind === "floor").map(({ name }) => name);

describe("the options of a run", () => {
  test("a run without options has every scenario and every row", () => {
    const { scenarios, rows, effort } = readRunOptions([]);
    expect(scenarios).toEqual(SCENARIOS);
    expect(rows).toEqual(ROWS);
    expect(effort).toMatchObject({ rounds: 10, readers: 500 });
  });

  test("options select by row, server and leg, and keep the floors", () => {
    const named = (...args: string[]): string[] => readRunOptions(args).rows.map(({ name }) => name);
    expect(named("--rows", "sse")).toEqual([...floors, "sse"]);
    const ours = clientTransports.map(({ name }) => name);
    expect(named("--systems", "skyrocket").toSorted()).toEqual([...floors, ...ours].toSorted());
    expect(named("--systems", "skyrocket", "--transports", "websocket")).toEqual([...floors, "websocket"]);
  });

  test("a wrong option names what is wrong and what is possible", () => {
    expect(() => readRunOptions(["--rows", "carrier-pigeon"])).toThrow(/no "carrier-pigeon".*websocket/);
    expect(() => readRunOptions(["--rounds", "0"])).toThrow("--rounds must be a number above 0");
    expect(() => readRunOptions(["--rounds", "1.5"])).toThrow("--rounds must be a whole number");
    expect(() => readRunOptions(["--profile", "heat"])).toThrow('--profile must be "cpu" or "heap"');
  });

  test.each([
    ["--readers", "0x10", "--readers must be a number above 0"],
    ["--readers", "1e3", "--readers must be a number above 0"],
    ["--seconds", "Infinity", "--seconds must be a number above 0"],
    ["--readers", "1000000", "--readers can be at most 25000"],
    ["--idle-seconds", "86400", "--idle-seconds can be at most 3600"],
    ["--idle", "3000,500", '--idle must be ascending, not "3000,500"'],
    ["--idle", "500,500", "--idle must be ascending"],
    ["--idle", "500,,900", "--idle must be a number above 0"],
  ])("an option that can't work is refused at once: %s %s", (option, value, message) => {
    expect(() => readRunOptions([option, value])).toThrow(message);
  });

  test("options that leave no row are refused, and don't measure the floors alone", () => {
    expect(() => readRunOptions(["--rows", "sse", "--transports", "websocket"])).toThrow("leave no row");
  });

  test("options override the effort of a command", () => {
    const base = { rounds: 3, readers: 100 };
    expect(readRunOptions([], base).effort).toMatchObject({ rounds: 3, readers: 100, seconds: 1 });
    expect(readRunOptions(["--rounds", "4", "--idle", "10,20"], base).effort).toMatchObject({
      rounds: 4,
      readers: 100,
      idle: [10, 20],
    });
  });
});

describe("the registries", () => {
  test("the registry has a row for every transport", () => {
    const ours = ROWS.filter(({ system }) => system === "skyrocket").map(({ leg }) => leg);
    expect(ours.toSorted()).toEqual(clientTransports.map(({ name }) => name).toSorted());
  });

  test("the registries have no duplicate names", () => {
    const rows = ROWS.map(({ name }) => name);
    const scenarios = SCENARIOS.map(({ name }) => name);
    expect(rows).toEqual([...new Set(rows)]);
    expect(scenarios).toEqual([...new Set(scenarios)]);
  });

  test("a scenario has no duplicate metrics", () => {
    for (const { name, metrics } of SCENARIOS) {
      const names = metrics.map((metric) => metric.name);
      expect(names, name).toEqual([...new Set(names)]);
    }
  });
});
