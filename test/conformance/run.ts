import { afterAll, describe, test } from "vitest";
import type { Harness } from "./harness.ts";
import { exclusion, perform } from "./scenario.ts";
import { scenarios } from "./scenarios/all.ts";

/** Declares one test per requirement on this harness. `except`: further requirements to skip, each with its reason. */
export function conform(harness: Harness, except: Readonly<Record<string, string>> = {}): void {
  describe.concurrent(harness.name, () => {
    afterAll(() => harness.close());
    for (const each of scenarios) {
      const { id, requirement } = each;
      const reason = exclusion(requirement, harness) ?? except[id] ?? null;
      if (reason !== null) test.skip(`${id} (skipped: ${reason})`);
      else test(`${id}: ${requirement.behaviour}`, () => perform(each, harness));
    }
  });
}
