import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Telling } from "../../../lab/engine/control.ts";
import type { Ear } from "../../../lab/engine/event-batcher.ts";
import { Visit } from "../../../lab/engine/lab-session.ts";
import { LanePorts } from "../../../lab/engine/ports.ts";
import { startProxy } from "../../../lab/engine/proxy/fault-proxy.ts";
import type { Entry } from "../../../lab/engine/run.ts";
import { ServerMeter } from "../../../lab/engine/server-meter.ts";
import type { LabWorld } from "../../../lab/engine/world.ts";
import { systemClock } from "../../../src/clock.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { until } from "../../support/wait.ts";
import { comparable, recorded } from "../support/carried.ts";
import { converse } from "../support/conversation.ts";
import { Recorder } from "./recorder.ts";

const world: LabWorld = {
  clock: systemClock,
  report: (error) => {
    throw error;
  },
};

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ rateLimit: false });
});
afterAll(() => server.close());

/** A visit whose lanes lead to `target`, and all it was told. */
async function visitTo(target: { host: string; port: number }) {
  const tellings: Telling[] = [];
  const ear: Ear = {
    send: (telling) => void tellings.push(telling),
    backlog: () => 0,
    overwhelmed: () => {
      throw new Error("the ear was overwhelmed");
    },
  };
  const equipment = {
    startProxy,
    target: () => target,
    ports: new LanePorts(null),
    meter: new ServerMeter(world.clock),
    world,
  };
  const visit = await Visit.begin(ear, equipment);
  const [welcome] = tellings;
  if (welcome?.type !== "welcome") throw new Error("there was no welcome");
  const entries = (): Entry[] => tellings.flatMap((telling) => (telling.type === "entries" ? telling.entries : []));
  return { visit, entries, port: welcome.lanes[0]?.port ?? 0 };
}

describe.each(clientTransports)("what is recorded of $name", ({ name }) => {
  it("is, byte for byte, what was sent and received at either end", async () => {
    await using behind = await Recorder.open({ host: "127.0.0.1", port: Number(server.url.port) });
    const { visit, entries, port } = await visitTo(behind.address);
    await using before = await Recorder.open({ host: "127.0.0.1", port });
    await converse(before.url, `bytes-${name}`, name);
    await until("one recording at all three places", () => {
      const told = comparable(recorded(entries()));
      const ends = [comparable(before.connections), comparable(behind.connections)];
      return ends.every((end) => JSON.stringify(end) === JSON.stringify(told));
    });
    const all = comparable(recorded(entries())).join("\n");
    expect(all).toContain(`GET /transports/${name}?`);
    expect(all).toContain("session=");
    expect(all.toLowerCase()).not.toContain("authorization:");
    for (const { kind } of entries()) expect(kind).not.toBe("unrecorded");
    await visit.end();
  });
});
