import { expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { ALL_TRANSPORTS, runChaos } from "./run.ts";
import { isClean, printed } from "./verdict.ts";

/** `npm run chaos -- --nodes 3` runs for longer. */
const FOR_MS = 60_000;

describeWith("chaos over several servers", [redis], () => {
  test("a minute of chaos over three servers on one Redis: nothing lost, nothing duplicated, nobody left twice", async () => {
    const lines: string[] = [];
    const verdict = await runChaos({
      seed: 7,
      forMs: FOR_MS,
      transports: ALL_TRANSPORTS,
      stormReaders: 0,
      nodes: 3,
      progress: (line) => lines.push(line),
    });
    expect(isClean(verdict), `${lines.join("\n")}\n\n${printed(verdict)}`).toBe(true);
    // A run in which nothing happened would be clean too.
    for (const { acknowledged, received } of verdict.rows) {
      expect(acknowledged).toBeGreaterThan(5);
      expect(received).toBeGreaterThan(50);
    }
    expect(verdict.counts.get("server: kill") ?? 0).toBeGreaterThan(0);
    expect(verdict.counts.get("nodes: redis killed") ?? 0).toBeGreaterThan(0);
    expect(verdict.counts.get("client: resumed") ?? 0).toBeGreaterThan(5);
  });
});
