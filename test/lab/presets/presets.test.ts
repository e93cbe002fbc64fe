import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LaneNumber } from "../../../lab/engine/run.ts";
import { CALM_PRESET, PRESETS, type Preset } from "../../../lab/engine/weather.ts";
import type { Trouble } from "../../../lab/page/model/run-records.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { shortPolling } from "../../../src/transports/short-polling/client.ts";
import { LAB } from "../../support/lab.ts";
import { pace, until } from "../../support/wait.ts";
import { type Standing, visit } from "./visit.ts";

/** With this seed the first three connections of each lane are cut, and the lanes stalled, within seven seconds. */
const SEED = 718;
const WEATHER_MS = 7_500;
const PER_SECOND = 4;
/** A client notices a dead stream after two heartbeats and 5 s: with this heartbeat in 7 s instead of 35. */
const HEARTBEAT_MS = 1_000;
/** A minute in the preset, shortened for the same reason. */
const IDLE_CUT_MS = 3_000;

/** What each preset does to every lane. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  calm: [],
  "conference-wifi": ["stall", "rst"],
  "train-tunnel": ["stall", "silence"],
  "corporate-proxy": ["fin"],
  deploy: ["rst"],
  "closed-lid": ["silence"],
  "slow-reader": ["rst"],
};

function isStream(name: string): boolean {
  return clientTransports.some((transport) => transport.name === name && transport.streaming);
}
function isDuplex(name: string): boolean {
  return clientTransports.some((transport) => transport.name === name && transport.duplex);
}

interface Outcome {
  readonly transport: string;
  readonly lane: LaneNumber;
  readonly standing: Standing;
  readonly faults: ReadonlySet<string>;
  readonly troubles: readonly Trouble[];
}

let server: RunningServer;
const robust = new Map<string, readonly Outcome[]>();
const naive = new Map<string, readonly Outcome[]>();

function shortened(preset: Preset): Preset {
  const { weather } = preset;
  return weather.idleCutMs === null ? preset : { ...preset, weather: { ...weather, idleCutMs: IDLE_CUT_MS } };
}

/** Runs a preset while all lanes are live and messages are sent, then calm weather until nothing is in flight. */
async function runPreset(preset: Preset, naively: boolean): Promise<readonly Outcome[]> {
  using here = visit(server.url, SEED, naively);
  const { weatherControl, sender, lanes } = here.lab;
  await here.live();
  sender.start(PER_SECOND);
  weatherControl.choose(shortened(preset));
  await pace(WEATHER_MS);
  weatherControl.choose(CALM_PRESET);
  const all = lanes.peek();
  await until(`${preset.name}: nothing to be in flight`, () => {
    // Keep sending until all lanes are back, so that each lane has to catch up.
    if (all.some((lane) => here.standing(lane).state === "reconnecting")) return false;
    sender.stop();
    return all.every((lane) => here.standing(lane).inFlight === 0);
  });
  return all.map((lane) => ({
    transport: lane.transport,
    lane: lane.lane,
    standing: here.standing(lane),
    faults: here.faults(lane),
    troubles: here.troubles(lane),
  }));
}

beforeAll(async () => {
  server = await startServer({ lab: LAB, rateLimit: false, settings: { heartbeatMs: HEARTBEAT_MS } });
  const runs = PRESETS.flatMap((preset) => [
    runPreset(preset, false).then((outcomes) => robust.set(preset.name, outcomes)),
    runPreset(preset, true).then((outcomes) => naive.set(preset.name, outcomes)),
  ]);
  await Promise.all(runs);
});
afterAll(() => server.close());

describe.each(PRESETS)("$title", ({ name }) => {
  test("every lane gets its faults and ends with nothing lost, duplicated or out of order", () => {
    const outcomes = robust.get(name) ?? [];
    expect(outcomes).toHaveLength(clientTransports.length);
    for (const { transport, standing, faults } of outcomes) {
      const { sent, received, ...rest } = standing;
      expect(sent, transport).toBeGreaterThan(((WEATHER_MS - 1_000) / 1_000) * PER_SECOND);
      expect({ transport, received, ...rest }).toMatchObject({
        transport,
        received: sent,
        lost: 0,
        inFlight: 0,
        duplicated: 0,
        reordered: 0,
        gaps: 0,
        state: "live",
      });
      expect([...faults], transport).toEqual(expect.arrayContaining([...(FAULTS[name] ?? ["?"])]));
    }
  });

  test("every naive lane loses messages", () => {
    const outcomes = naive.get(name) ?? [];
    const lossy = outcomes.filter(({ standing }) => standing.lost > 0).map(({ transport }) => transport);
    // In calm weather a stream loses nothing. Polls without a cursor sometimes do.
    if (name === CALM_PRESET.name) expect(lossy).toContain(shortPolling.name);
    else expect(lossy).toEqual(clientTransports.map((transport) => transport.name).toReversed());
    for (const { standing } of outcomes) expect(standing.received + standing.lost).toBe(standing.sent);
  });
});

test("the ledger shows when a client noticed a dead server and when it recovered", () => {
  const patience = 2 * HEARTBEAT_MS + 5_000;
  const outcomes = robust.get("closed-lid") ?? [];
  for (const { transport, troubles } of outcomes.filter((outcome) => isStream(outcome.transport))) {
    const { at = 0, noticedAt = 0, recoveredAt = 0 } = nullsAsZero(troubles[0]);
    expect(noticedAt - at, transport).toBeGreaterThan(patience - HEARTBEAT_MS - 500);
    expect(recoveredAt, transport).toBeGreaterThan(noticedAt);
  }
});

function nullsAsZero(trouble: Trouble | undefined): Partial<Record<"at" | "noticedAt" | "recoveredAt", number>> {
  return { at: trouble?.at ?? 0, noticedAt: trouble?.noticedAt ?? 0, recoveredAt: trouble?.recoveredAt ?? 0 };
}

test("a naive WebSocket does not open behind a proxy that strips upgrades, and the fault is recorded", async () => {
  using here = visit(server.url, SEED, true, "corporate-proxy");
  const lane = await until(
    "the lanes",
    () => here.lab.lanes.peek().find(({ transport }) => isDuplex(transport)) ?? null,
  );
  await until("its end", () => here.standing(lane).state === "closed");
  expect(here.faults(lane)).toContain("stripped-upgrade");
});
