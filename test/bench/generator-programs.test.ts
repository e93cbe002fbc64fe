import { afterEach, describe, expect, it } from "vitest";
import { startFaultyServer } from "../../bench/doctor/faulty-server.ts";
import { Crew } from "../../bench/generator/crew.ts";
import type { Program } from "../../bench/generator/messages.ts";
import { run } from "../../bench/generator/run.ts";
import { Histogram } from "../../bench/statistics/histogram.ts";
import { startServer } from "../../src/server.ts";
import { serverTransports } from "../../src/transports/registry.server.ts";
import { PATIENCE_MS } from "../support/wait.ts";

const NO_FAULTS = { lost: 0, doubled: 0, reordered: 0 };

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function crewAt(row: string, url: string, readers: number): Promise<Crew> {
  const crew = new Crew(row, url);
  endings.push(() => crew.close());
  await crew.open({ type: "open", row, url, readers, supervised: false });
  return crew;
}

describe.each(serverTransports.map(({ name }) => name))("readers of %s", (row) => {
  it("echo: every message comes back to who sent it, once", async () => {
    const server = await startServer({ rateLimit: false });
    endings.push(() => server.close());
    const crew = await crewAt(row, server.url.href, 1);
    const up = crew.members[0]?.bytesWritten ?? 0;
    const seen = await run(crew, { kind: "echo", messages: 2, textBytes: 200 }, PATIENCE_MS);
    expect(seen).toMatchObject({ ...NO_FAULTS, messages: 2, deliveries: 2 });
    expect(Histogram.decode(seen.latency).count).toBe(2);
    // The commands are the reader's own, on whichever connection: the publisher says nothing.
    expect((crew.members[0]?.bytesWritten ?? 0) - up).toBeGreaterThan(2 * 200);
  });

  it("wait: nothing is sent, and nothing comes", async () => {
    const server = await startServer({ rateLimit: false });
    endings.push(() => server.close());
    const seen = await run(await crewAt(row, server.url.href, 3), { kind: "wait", ms: 20 }, PATIENCE_MS);
    expect(seen).toMatchObject({ ...NO_FAULTS, messages: 0, deliveries: 0 });
    expect(seen.elapsedMs).toBeGreaterThanOrEqual(19);
  });
});

describe("at a server gone mute", () => {
  it.each<Program>([
    { kind: "lockstep", turns: 1_000, together: 2, perSecond: 1_000, textBytes: 0 },
    { kind: "echo", messages: 1_000, textBytes: 0 },
  ])("$kind gives up after three turns, and says what is missing", async (program) => {
    const server = await startFaultyServer(() => []);
    endings.push(server.close);
    const crew = await crewAt("net", server.url, 4);
    const missing = 3 * 4 * (program.kind === "lockstep" ? 2 : 1);
    await expect(run(crew, program, 50)).rejects.toThrow(
      `3 turns in a row did not reach every reader within 50 ms each; ${missing} deliveries are missing`,
    );
  });
});
