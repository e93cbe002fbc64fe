import { afterEach, describe, expect, it } from "vitest";
import { Crew } from "../../bench/generator/crew.ts";
import { disturbedOf } from "../../bench/generator/disturbance.ts";
import type { Program, Seen } from "../../bench/generator/messages.ts";
import { run } from "../../bench/generator/run.ts";
import { Histogram } from "../../bench/statistics/histogram.ts";
import type { Settings } from "../../src/chat/settings.ts";
import { startServer } from "../../src/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { PATIENCE_MS } from "../support/wait.ts";

const READERS = 12;
const NO_FAULTS = { lost: 0, doubled: 0, reordered: 0 };

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function crewOf(row: string, readers = READERS, settings: Partial<Settings> = {}): Promise<Crew> {
  const server = await startServer({ rateLimit: false, settings });
  endings.push(() => server.close());
  const crew = new Crew(row, server.url.href);
  endings.push(() => crew.close());
  await crew.open({ type: "open", row, url: server.url.href, readers, supervised: true });
  return crew;
}

describe.each(clientTransports.map(({ name }) => name))("readers of %s that come back", (row) => {
  it("have everything once and in order after a storm, with what was said while all were away", async () => {
    const seen = await run(await crewOf(row), { kind: "storm", spreadMs: 50, patienceMs: PATIENCE_MS }, PATIENCE_MS);
    expect(seen).toMatchObject({ ...NO_FAULTS, messages: 3, reopened: READERS });
    expect(Object.keys(seen.backMs)).toEqual(["50", "95", "100"]);
  });

  it("have everything once and in order though each is away again and again", async () => {
    const crew = await crewOf(row);
    const disturbance = { kind: "jitter", everyMs: 400, awayMs: 60 } as const;
    const program: Program = { kind: "schedule", messages: 200, perSecond: 100, textBytes: 0, disturbance };
    const seen = await run(crew, program, PATIENCE_MS);
    expect(seen).toMatchObject({ ...NO_FAULTS, messages: 200, deliveries: 200 * READERS });
    expect(seen.reopened).toBeGreaterThan(READERS);
  });

  it("are back for the next run, and a second opening adds to them", async () => {
    const crew = await crewOf(row);
    await run(crew, { kind: "storm", spreadMs: 10, patienceMs: PATIENCE_MS }, PATIENCE_MS);
    const { url } = crew;
    await crew.open({ type: "open", row, url, readers: 3, supervised: true });
    const program: Program = { kind: "lockstep", turns: 5, together: 3, perSecond: 1_000, textBytes: 300 };
    const seen = await run(crew, program, PATIENCE_MS);
    expect(seen).toMatchObject({ ...NO_FAULTS, messages: 15, deliveries: 15 * (READERS + 3) });
  });
});

/** A reader this far behind is let go soon, and finds all it missed when it is back. */
const IMPATIENT: Partial<Settings> = { slowBytes: 65_536, slowMs: 200, byeMs: 100, replayBytes: 64 * 1_048_576 };
/** Few, so that the publisher keeps its pace on a busy machine too. */
const FEW_READERS = 3;
const MESSAGES = 5_000;

describe.each(clientTransports.map(({ name }) => name))("readers of %s that stop reading", (row) => {
  const disturbance = { kind: "slow", share: 0.3, afterMs: 100 } as const;

  async function stopFor(forMs: number): Promise<Seen> {
    const slow = { ...disturbance, forMs };
    const program = {
      kind: "schedule",
      messages: MESSAGES,
      perSecond: 2_000,
      textBytes: 3_900,
      disturbance: slow,
    } as const;
    const seen = await run(await crewOf(row, FEW_READERS, IMPATIENT), program, PATIENCE_MS);
    expect(seen).toMatchObject({ ...NO_FAULTS, deliveries: MESSAGES * FEW_READERS });
    return seen;
  }

  it("have everything once and in order, let go by the server or not", async () => {
    // 17 MB go out meanwhile, and Linux's buffers of both ends were seen to take in 4: what a reader does not take is felt
    // by the server. A slow machine sends less in this time: there they stop for longer.
    let seen = await stopFor(2_200);
    // A poll is one answer: its server holds nothing more for who does not ask.
    const held = !row.endsWith("-polling");
    if (held && seen.reopened === 0) seen = await stopFor(30_000);
    if (held) expect(seen.reopened).toBeGreaterThan(0);
    expect(Histogram.decode(seen.disturbedLatency).count).toBe(
      MESSAGES * disturbedOf(FEW_READERS, { ...disturbance, forMs: 0 }),
    );
  });
});
