import { expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { ALL_TRANSPORTS, type ChaosOptions, runChaos } from "./run.ts";
import { isClean, printed, type Verdict } from "./verdict.ts";

/** `npm run chaos` runs for longer. */
const FOR_MS = 60_000;

/** Expects that nothing was lost, duplicated or reordered, in a run in which enough has happened. */
async function expectClean(options: Pick<ChaosOptions, "nodes" | "stormReaders">): Promise<Verdict> {
  const lines: string[] = [];
  const progress = (line: string): void => void lines.push(line);
  const verdict = await runChaos({ seed: 7, forMs: FOR_MS, transports: ALL_TRANSPORTS, progress, ...options });
  expect(isClean(verdict), `${lines.join("\n")}\n\n${printed(verdict)}`).toBe(true);
  for (const { acknowledged, received } of verdict.rows) {
    expect(acknowledged).toBeGreaterThan(5);
    expect(received).toBeGreaterThan(50);
  }
  expect(verdict.counts.get("server: kill") ?? 0).toBeGreaterThan(0);
  expect(verdict.counts.get("client: resumed") ?? 0).toBeGreaterThan(5);
  return verdict;
}

test("a minute of chaos on every transport: nothing lost, nothing duplicated, nothing reordered", async () => {
  const verdict = await expectClean({ nodes: 0, stormReaders: 300 });
  expect(verdict.counts.get("server: drain") ?? 0).toBeGreaterThan(0);
  expect(verdict.storms).toHaveLength(1);
  expect(verdict.floods).toHaveLength(1);
});

describeWith("chaos over several servers", [redis], () => {
  test("a minute of chaos over three servers on one Redis: nothing lost, nothing duplicated, nobody left twice", async () => {
    const verdict = await expectClean({ nodes: 3, stormReaders: 0 });
    const faults = [...verdict.counts].filter(([name]) => name.startsWith("nodes: ") && !name.includes("skipped"));
    expect(faults.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(2);
  });
});
