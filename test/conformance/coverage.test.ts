import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { memoryHarness } from "./harnesses/memory.ts";
import { networkHarness } from "./harnesses/network.ts";
import { REQUIREMENTS, requirements } from "./requirements.ts";
import { exclusion } from "./scenario.ts";
import { scenarios } from "./scenarios/all.ts";

const TRAITS = ["streaming", "polling", "duplex", "half-duplex", "in-process"];
const harnesses = [memoryHarness(), ...clientTransports.map((transport) => networkHarness(transport))];
const headings = new Set(
  (await readFile(new URL("../../PROTOCOL.md", import.meta.url), "utf8")).split("\n").flatMap((line) => {
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    return heading === undefined ? [] : [heading];
  }),
);

describe("conformance requirements", () => {
  test("each requirement has exactly one scenario", () => {
    const cited = scenarios.map(({ id }) => id);
    expect(cited.toSorted()).toEqual(Object.keys(REQUIREMENTS).toSorted());
  });

  test.each([...requirements])(
    "requirement %s names a section of PROTOCOL.md, and a reason for each exclusion",
    (_id, requirement) => {
      expect(headings).toContain(requirement.source);
      expect(requirement.behaviour).toMatch(/^[A-Z0-9`].{20,}\.$/);
      if (requirement.control !== undefined) expect(requirement.control).toMatch(/^[A-Z].{10,}\.$/);
      for (const [key, note] of Object.entries(requirement.except ?? {})) {
        expect([...TRAITS, ...clientTransports.map(({ name }) => name)]).toContain(key);
        expect(note).toMatch(/^[A-Z].{10,}\S$/);
      }
    },
  );

  test.each([...requirements])("requirement %s is tested on at least one harness", (_id, requirement) => {
    expect(harnesses.filter((harness) => exclusion(requirement, harness) === null)).not.toEqual([]);
  });
});
