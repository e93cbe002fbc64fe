import { describe, expect, test } from "vitest";
import type { Report } from "./contract.ts";
import { launch } from "./launch.ts";
import { TARGETS } from "./registry.ts";
import { lineOf } from "./table.ts";

/** A share of what `npm run fuzz` throws; SEED=… looks elsewhere. */
const INPUTS = 600;
const SEED = Number(process.env["SEED"] ?? 1);

// One process for all: starting one each would take longer than the inputs do.
const reports = new Map<string, PromiseWithResolvers<Report>>(
  TARGETS.map(({ name }) => [name, Promise.withResolvers<Report>()]),
);
const names = TARGETS.map(({ name }) => name);
const run = launch({ targets: names, inputs: INPUTS, seed: SEED, path: null }, (report) =>
  reports.get(report.target)?.resolve(report),
);

describe(`fuzzing with ${INPUTS} inputs`, () => {
  test.each(TARGETS)("$name holds: $what", async ({ name }) => {
    const report = await Promise.race([reports.get(name)?.promise, run.then(() => reports.get(name)?.promise)]);
    expect(report?.failure, report === undefined ? name : lineOf(report)).toBeNull();
    expect(report?.inputs).toBe(INPUTS);
    // Inputs of which all end alike would say little about the target.
    expect(Object.keys(report?.outcomes ?? {}).length).toBeGreaterThan(1);
  });
});
