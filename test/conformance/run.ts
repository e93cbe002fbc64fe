import { afterAll, describe, test } from "vitest";
import type { Arm } from "./arm.ts";
import "./scenarios/all.ts";
import { exclusion, perform, scenarios } from "./verifies.ts";

/** One test for each requirement that this arm is not left out of; `except`: further ones that are, each with the reason. */
export function conform(arm: Arm, except: Readonly<Record<string, string>> = {}): void {
  describe.concurrent(arm.name, () => {
    afterAll(() => arm.close());
    for (const registered of scenarios()) {
      const { id, requirement } = registered;
      const left = exclusion(requirement, arm) ?? except[id] ?? null;
      if (left !== null) test.skip(`${id} (left out: ${left})`);
      else test(`${id}: ${requirement.behaviour}`, () => perform(registered, arm));
    }
  });
}
