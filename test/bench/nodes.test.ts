import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Effort } from "../../bench/contract.ts";
import { nodes, outage } from "../../bench/scenarios/nodes.ts";
import { redis } from "../../scripts/setup/tools.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { PATIENCE_MS } from "../support/wait.ts";
import { samplesOf } from "./samples.ts";

const EFFORT: Effort = {
  rounds: 1,
  roundsPerServer: null,
  seconds: 0.1,
  readers: 50,
  warmUp: 5,
  idle: [10],
  idleSeconds: 0.2,
};
const NO_FAULTS = { lost: 0, duplicated: 0, reordered: 0 };

// The load generator's process inherits it.
beforeAll(() => void vi.stubEnv("BENCH_PATIENCE_MS", String(PATIENCE_MS)));
afterAll(() => void vi.unstubAllEnvs());

describeWith("several nodes on one Redis", [redis], () => {
  test("the cost is that of the busiest process, and readers of both nodes get every message once", async () => {
    const samples = await samplesOf(nodes, ["websocket-redis-two", "websocket-redis-other"], EFFORT);
    const two = samples.filter(({ row }) => row === "websocket-redis-two");
    expect(two.map(({ point }) => point)).toEqual(["latency", "10 readers", "50 readers", "200 readers"]);
    expect(samples.filter(({ row }) => row === "websocket-redis-other").map(({ point }) => point)).toEqual(["latency"]);
    for (const { faults, invalid } of samples) {
      expect(invalid?.kind).not.toBe("failed");
      expect(faults).toEqual(NO_FAULTS);
    }
    for (const { metrics } of two.slice(1)) {
      const { cost, first = 0, second = 0, redis: redisCost = 0 } = metrics;
      expect(Math.min(first, second, redisCost)).toBeGreaterThan(0);
      expect(cost).toBe(Math.max(first, second, redisCost));
    }
  });

  test("a kill of Redis and of a node loses nothing, and every reader is back", async () => {
    const [sample] = await samplesOf(outage, ["websocket-redis-two"], EFFORT);
    expect(sample?.invalid?.kind).not.toBe("failed");
    expect(sample?.faults).toEqual(NO_FAULTS);
    for (const name of ["redisBack", "recovery", "back50", "back100"]) {
      expect(sample?.metrics[name], name).toBeGreaterThan(0);
    }
  });
});
