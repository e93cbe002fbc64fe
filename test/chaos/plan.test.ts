import { describe, expect, test } from "vitest";
import { HANDSHAKE_FAULTS, HANDSHAKE_STEPS, NODES_FAULTS, type PlannedAction } from "./actions.ts";
import { OptionError, readOptions } from "./options.ts";
import { planFor } from "./plan.ts";
import { WEATHER_NAMES } from "./weathers.ts";

const OPTIONS = {
  seed: 7,
  forMs: 120_000,
  transports: ["sse", "websocket"],
  members: ["sse", "sse", "websocket", "websocket", null, null, null, null],
  stormReaders: 2_000,
  nodes: 0,
};

function restartsOf(plan: readonly PlannedAction[]): PlannedAction[] {
  return plan.filter(({ action }) => action.kind === "kill" || action.kind === "drain");
}

describe("the chaos plan", () => {
  test("the plan is the same for the same seed and differs for another", () => {
    expect(planFor(OPTIONS)).toEqual(planFor({ ...OPTIONS }));
    expect(planFor({ ...OPTIONS, seed: 8 })).not.toEqual(planFor(OPTIONS));
  });

  test("a longer plan begins like a shorter one, except for floods and storms", () => {
    const light = { ...OPTIONS, stormReaders: 0 };
    const members = (forMs: number) =>
      planFor({ ...light, forMs }).filter(({ at, action }) => at < 60_000 && action.kind !== "flood");
    expect(members(60_000)).toEqual(members(120_000));
  });

  test("a plan of two minutes contains every kind of action, weather and handshake fault", () => {
    const plan = planFor(OPTIONS);
    const kinds = new Set(plan.map(({ action }) => action.kind));
    const all = ["kill", "drain", "block", "jump", "weather", "cut", "stall", "refuse"];
    expect([...kinds].toSorted()).toEqual(
      [...all, "switch", "handshake", "reload", "vanish", "storm", "flood"].toSorted(),
    );
    const weathers = new Set(plan.flatMap(({ action }) => (action.kind === "weather" ? [action.name] : [])));
    expect([...weathers].toSorted()).toEqual(["calm", ...WEATHER_NAMES].toSorted());
    const handshakes = new Set(
      plan.flatMap(({ action }) => (action.kind === "handshake" ? [`${action.fault} at ${action.step}`] : [])),
    );
    expect(handshakes.size).toBe(HANDSHAKE_STEPS.length * HANDSHAKE_FAULTS.length);
  });

  test("a plan of two minutes for several servers contains every fault of theirs, and neither storms nor floods", () => {
    const actions = planFor({ ...OPTIONS, nodes: 3 }).map(({ action }) => action);
    const faults = new Set(actions.flatMap((action) => (action.kind === "nodes" ? [action.fault] : [])));
    expect([...faults].toSorted()).toEqual([...NODES_FAULTS].toSorted());
    expect(actions.some(({ kind }) => kind === "storm" || kind === "flood")).toBe(false);
  });

  test("the plan restarts the server every few seconds, alternating kills and drains", () => {
    const restarts = restartsOf(planFor({ ...OPTIONS, stormReaders: 0 }));
    expect(restarts.length).toBeGreaterThan(12);
    for (const [n, { action }] of restarts.entries()) expect(action.kind).toBe(n % 2 === 0 ? "kill" : "drain");
  });

  test("the plan kills the server during a storm", () => {
    const plan = planFor(OPTIONS);
    const storm = plan.find(({ action }) => action.kind === "storm")?.at ?? Number.NaN;
    expect(plan).toContainEqual({ at: storm + 10_000, action: { kind: "kill", inStorm: true } });
  });

  test("the plan's actions are in order of time and before its end", () => {
    const times = planFor(OPTIONS).map(({ at }) => at);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(Math.max(...times)).toBeLessThan(120_000);
  });
});

describe("options of the chaos command", () => {
  const known = ["sse", "websocket"];
  const read = (...argv: string[]) => readOptions(argv, known, () => 42);

  test("the options have defaults", () => {
    expect(read()).toEqual({ forMs: 600_000, seed: 42, transports: known, stormReaders: 2_000, nodes: 0 });
    expect(read("--help")).toBe("help");
  });

  test("readOptions reads every option", () => {
    expect(read("--seconds", "20", "--seed", "7", "--transports", "sse", "--storm", "0", "--nodes", "3")).toEqual({
      forMs: 20_000,
      seed: 7,
      transports: ["sse"],
      stormReaders: 0,
      nodes: 3,
    });
    expect(read("--minutes", "0.5")).toMatchObject({ forMs: 30_000, stormReaders: 200 });
  });

  test.each([
    ["--minutes", "0"],
    ["--minutes", "soon"],
    ["--minutes", "1", "--seconds", "1"],
    ["--seed", "-1"],
    ["--seed", "x"],
    ["--transports", "sse,carrier-pigeon"],
    ["--storm", "many"],
    ["--nodes", "many"],
    ["--mutation", "x"],
  ])("readOptions rejects %s %s", (...argv) => {
    expect(() => read(...argv)).toThrow(OptionError);
  });
});
