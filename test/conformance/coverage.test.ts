import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { memoryArm } from "./arms/memory.ts";
import { networkArm } from "./arms/network.ts";
import { REQUIREMENTS, requirements } from "./requirements.ts";
import "./scenarios/all.ts";
import { exclusion, scenarios, verifies } from "./verifies.ts";

const TRAITS = ["streaming", "polling", "duplex", "half-duplex", "in-process"];
const arms = [memoryArm(), ...clientTransports.map((transport) => networkArm(transport))];
const headings = new Set(
  (await readFile(new URL("../../PROTOCOL.md", import.meta.url), "utf8")).split("\n").flatMap((line) => {
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    return heading === undefined ? [] : [heading];
  }),
);

describe("the requirements", () => {
  test("each has exactly one scenario", () => {
    const cited = scenarios().map(({ id }) => id);
    expect(cited.toSorted()).toEqual(Object.keys(REQUIREMENTS).toSorted());
  });

  test("a scenario for an unknown id is refused when it is registered", () => {
    const unknown: unknown = "no-such-requirement";
    expect(() => verifies(unknown as "order", () => Promise.resolve())).toThrow(/no requirement is called/);
  });

  test.each([...requirements])(
    "%s: names a section of PROTOCOL.md, and a reason for each arm it leaves out",
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

  test.each([...requirements])("%s: is tried on at least one arm", (_id, requirement) => {
    expect(arms.filter((arm) => exclusion(requirement, arm) === null)).not.toEqual([]);
  });
});
