import { describe, test } from "vitest";
import type { Tool } from "../../../scripts/setup/tools.ts";

/**
 * Tests that need programs of others. Where one is missing they are left out, which says which it was; where CI is, that
 * is a failure: there `npm run setup` has been run.
 */
export function describeWith(title: string, tools: readonly Tool[], body: () => void): void {
  const missing = tools.filter((tool) => tool.find() === null);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const why = `there is no ${missing.map(({ name }) => name).join(", no ")} on this machine: npm run setup`;
  if (process.env["CI"] !== "true") describe.skip(`${title} (left out: ${why})`, body);
  else
    test(title, () => {
      throw new Error(why);
    });
}

/** The path of a program that `describeWith` has found. */
export function pathOf(tool: Tool): string {
  const path = tool.find();
  if (path === null) throw new Error(`there is no ${tool.name} on this machine: npm run setup`);
  return path;
}
