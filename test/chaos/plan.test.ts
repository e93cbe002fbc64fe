import { describe, expect, test } from "vitest";
import { HANDSHAKE_FATES, HANDSHAKE_STEPS, type Planned } from "./deeds.ts";
import { OptionError, readOptions } from "./options.ts";
import { planFor } from "./plan.ts";
import { WEATHER_NAMES } from "./weathers.ts";

const OPTIONS = {
  seed: 7,
  forMs: 120_000,
  transports: ["sse", "websocket"],
  members: ["sse", "sse", "websocket", "websocket", null, null, null, null],
  stormReaders: 2_000,
};

function restartsOf(plan: readonly Planned[]): Planned[] {
  return plan.filter(({ deed }) => deed.kind === "kill" || deed.kind === "drain");
}

describe("the plan", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(planFor(OPTIONS)).toEqual(planFor({ ...OPTIONS }));
    expect(planFor({ ...OPTIONS, seed: 8 })).not.toEqual(planFor(OPTIONS));
  });

  test("begins a longer run as it begins a shorter one, but for the burdens", () => {
    const light = { ...OPTIONS, stormReaders: 0 };
    const members = (forMs: number) =>
      planFor({ ...light, forMs }).filter(({ at, deed }) => at < 60_000 && deed.kind !== "flood");
    expect(members(60_000)).toEqual(members(120_000));
  });

  test("has everything in it within two minutes", () => {
    const plan = planFor(OPTIONS);
    const kinds = new Set(plan.map(({ deed }) => deed.kind));
    const all = ["kill", "drain", "block", "jump", "weather", "cut", "stall", "refuse"];
    expect([...kinds].toSorted()).toEqual([...all, "switch", "trip", "reload", "vanish", "storm", "flood"].toSorted());
    const weathers = new Set(plan.flatMap(({ deed }) => (deed.kind === "weather" ? [deed.name] : [])));
    expect([...weathers].toSorted()).toEqual(["calm", ...WEATHER_NAMES].toSorted());
    const trips = new Set(plan.flatMap(({ deed }) => (deed.kind === "trip" ? [`${deed.fate} at ${deed.step}`] : [])));
    expect(trips.size).toBe(HANDSHAKE_STEPS.length * HANDSHAKE_FATES.length);
  });

  test("restarts the server every few seconds, with and without notice by turns", () => {
    const restarts = restartsOf(planFor({ ...OPTIONS, stormReaders: 0 }));
    expect(restarts.length).toBeGreaterThan(12);
    for (const [n, { deed }] of restarts.entries()) expect(deed.kind).toBe(n % 2 === 0 ? "kill" : "drain");
  });

  test("kills it in the middle of a storm", () => {
    const plan = planFor(OPTIONS);
    const storm = plan.find(({ deed }) => deed.kind === "storm")?.at ?? Number.NaN;
    expect(plan).toContainEqual({ at: storm + 10_000, deed: { kind: "kill", inStorm: true } });
  });

  test("is in order and within its time", () => {
    const times = planFor(OPTIONS).map(({ at }) => at);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(Math.max(...times)).toBeLessThan(120_000);
  });
});

describe("the command's options", () => {
  const known = ["sse", "websocket"];
  const read = (...argv: string[]) => readOptions(argv, known, () => 42);

  test("have defaults", () => {
    expect(read()).toEqual({ forMs: 600_000, seed: 42, transports: known, stormReaders: 2_000 });
    expect(read("--help")).toBe("help");
  });

  test("are read", () => {
    expect(read("--seconds", "20", "--seed", "7", "--transports", "sse", "--storm", "0")).toEqual({
      forMs: 20_000,
      seed: 7,
      transports: ["sse"],
      stormReaders: 0,
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
    ["--mutation", "x"],
  ])("%s %s is told to be wrong", (...argv) => {
    expect(() => read(...argv)).toThrow(OptionError);
  });
});
