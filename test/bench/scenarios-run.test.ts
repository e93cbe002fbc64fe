import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Effort, Sample } from "../../bench/contract.ts";
import { idle } from "../../bench/scenarios/idle.ts";
import { storm } from "../../bench/scenarios/reconnects.ts";
import { PATIENCE_MS } from "../support/wait.ts";
import { samplesOf } from "./samples.ts";

const EFFORT: Effort = {
  rounds: 1,
  roundsPerServer: null,
  seconds: 0.1,
  readers: 20,
  warmUp: 5,
  idle: [40, 10],
  idleSeconds: 0.2,
};
// The load generator's process inherits it.
beforeAll(() => void vi.stubEnv("BENCH_PATIENCE_MS", String(PATIENCE_MS)));
afterAll(() => void vi.unstubAllEnvs());

const NO_FAULTS = { lost: 0, duplicated: 0, reordered: 0 };

function byRow(samples: readonly Sample[]): Map<string, Sample> {
  return new Map(samples.map((sample) => [sample.row, sample]));
}

describe.concurrent("over real connections", () => {
  test("the idle scenario measures servers, and a bare one sends nothing", async () => {
    const samples = byRow(await samplesOf(idle, ["net", "websocket"], EFFORT));
    const [net, own] = [samples.get("net"), samples.get("websocket")];
    for (const sample of [net, own]) {
      expect(sample?.faults).toEqual(NO_FAULTS);
      expect(sample?.metrics["memoryBase"]).toBeGreaterThan(10_000_000);
      expect(sample?.metrics["heapPerConnection"]).toEqual(expect.any(Number));
    }
    expect(net?.metrics).toMatchObject({
      handshakeBytesDown: 0,
      handshakeBytesUp: 0,
      idleBytesDown: 0,
      idleBytesUp: 0,
    });
    expect(net?.metrics).not.toHaveProperty("connectsPerSecond");
    expect(own?.metrics["connectsPerSecond"]).toBeGreaterThan(0);
    expect(own?.metrics["handshakeBytesUp"]).toBeGreaterThan(100);
    expect(own?.metrics["handshakeBytesDown"]).toBeGreaterThan(100);
  });

  test("a storm costs readers that resume nothing, and other readers the message sent meanwhile", async () => {
    const samples = byRow(await samplesOf(storm, ["net", "http-sse", "sse", "long-polling"], EFFORT));
    expect(samples.get("sse")).toMatchObject({ faults: NO_FAULTS, metrics: { lost: 0 } });
    expect(samples.get("http-sse")).toMatchObject({
      faults: { ...NO_FAULTS, lost: EFFORT.readers },
      metrics: { lost: EFFORT.readers },
    });
    expect(samples.has("net")).toBe(false);
    expect(samples.get("long-polling")?.faults).toEqual(NO_FAULTS);
    for (const { metrics, invalid } of samples.values()) {
      expect(invalid?.kind).not.toBe("faults");
      expect(metrics["back50"]).toBeGreaterThan(0);
      expect(metrics["back95"]).toBeGreaterThanOrEqual(metrics["back50"] ?? 0);
      expect(metrics["back100"]).toBeGreaterThanOrEqual(metrics["back95"] ?? 0);
    }
  });
});
