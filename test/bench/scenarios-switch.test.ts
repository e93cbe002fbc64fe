import { afterEach, describe, expect, it } from "vitest";
import { switchInProcess } from "../../bench/scenarios/switch.ts";
import { type RunningServer, startServer } from "../../src/server.ts";

let server: RunningServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

const ORDER = { clients: 5, seconds: 2, perSecond: 50, seed: 1 };

describe("real clients that switch under load", () => {
  it("get every message once and in order", async () => {
    server = await startServer({ rateLimit: false });
    const { switches, failures, gapsMs, cpu, ...counts } = await switchInProcess(
      { url: server.url.href, ...ORDER },
      null,
    );
    expect(counts).toMatchObject({ messages: 100, deliveries: 500, lost: 0, doubled: 0, reordered: 0 });
    expect(failures).toEqual([]);
    // Each waits for 1 to 2 s, so all have switched once and none three times.
    expect(switches).toBeGreaterThanOrEqual(ORDER.clients);
    expect(switches).toBeLessThanOrEqual(2 * ORDER.clients);
    expect(gapsMs).toEqual([...gapsMs].sort((a, b) => a - b));
    expect(gapsMs.length).toBeGreaterThan(0);
    expect(cpu).toBeGreaterThan(0);
  }, 20_000);

  it("say why they could not begin", async () => {
    const switching = switchInProcess({ url: "nowhere", ...ORDER }, null);
    await expect(switching).rejects.toThrow(/the switching clients failed: .*URL/);
  }, 20_000);
});
