import { expect, test } from "vitest";
import { ALL_TRANSPORTS, runChaos } from "./run.ts";
import { isClean, printed } from "./verdict.ts";

/** `npm run chaos` runs for longer. */
const FOR_MS = 60_000;

test("a minute of chaos on every transport: nothing lost, nothing duplicated, nothing reordered", async () => {
  const lines: string[] = [];
  const verdict = await runChaos({
    seed: 7,
    forMs: FOR_MS,
    transports: ALL_TRANSPORTS,
    stormReaders: 300,
    nodes: 0,
    progress: (line) => lines.push(line),
  });
  expect(isClean(verdict), `${lines.join("\n")}\n\n${printed(verdict)}`).toBe(true);
  // A run in which nothing happened would be clean too.
  for (const { acknowledged, received } of verdict.rows) {
    expect(acknowledged).toBeGreaterThan(5);
    expect(received).toBeGreaterThan(50);
  }
  expect(verdict.counts.get("server: kill") ?? 0).toBeGreaterThan(0);
  expect(verdict.counts.get("server: drain") ?? 0).toBeGreaterThan(0);
  expect(verdict.counts.get("client: resumed") ?? 0).toBeGreaterThan(5);
  expect(verdict.storms).toHaveLength(1);
  expect(verdict.floods).toHaveLength(1);
});
