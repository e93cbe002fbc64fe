import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabMessage } from "../../../lab/engine/control.ts";
import type { LabOutlet } from "../../../lab/engine/event-batcher.ts";
import { type LabDeps, LabSession } from "../../../lab/engine/lab-session.ts";
import { LanePorts } from "../../../lab/engine/ports.ts";
import { startProxy } from "../../../lab/engine/proxy/fault-proxy.ts";
import type { Entry } from "../../../lab/engine/run.ts";
import { ServerMeter } from "../../../lab/engine/server-meter.ts";
import { systemClock } from "../../../src/clock.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { until } from "../../support/wait.ts";
import { comparable, recorded } from "../support/carried.ts";
import { converse } from "../support/conversation.ts";
import { Recorder } from "./recorder.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ rateLimit: false });
});
afterAll(() => server.close());

/** Opens a lab session whose lanes lead to `target`. */
async function openSession(target: { host: string; port: number }) {
  const messages: LabMessage[] = [];
  const outlet: LabOutlet = {
    send: (message) => void messages.push(message),
    unsentBytes: () => 0,
    disconnect: () => {
      throw new Error("the outlet was disconnected");
    },
  };
  const deps: LabDeps = {
    startProxy,
    target: () => target,
    ports: new LanePorts(null),
    lanes: 4,
    nodes: null,
    meter: new ServerMeter(systemClock),
    clock: systemClock,
    report: (error) => {
      throw error;
    },
  };
  const session = await LabSession.open(outlet, deps);
  const [welcome] = messages;
  if (welcome?.type !== "welcome") throw new Error("no welcome was sent");
  const entries = (): Entry[] => messages.flatMap((message) => (message.type === "entries" ? message.entries : []));
  return { session, entries, port: welcome.lanes[0]?.port ?? 0 };
}

describe.each(clientTransports)("the recording of $name", ({ name }) => {
  test("the recording equals the bytes at both ends", async () => {
    await using behind = await Recorder.open({ host: "127.0.0.1", port: Number(server.url.port) });
    const { session, entries, port } = await openSession(behind.address);
    await using before = await Recorder.open({ host: "127.0.0.1", port });
    await converse(before.url, `bytes-${name}`, name);
    await until("equal recordings in all three places", () => {
      const inTheLab = comparable(recorded(entries()));
      const ends = [comparable(before.connections), comparable(behind.connections)];
      return ends.every((end) => JSON.stringify(end) === JSON.stringify(inTheLab));
    });
    const all = comparable(recorded(entries())).join("\n");
    expect(all).toContain(`GET /transports/${name}?`);
    expect(all).toContain("session=");
    expect(all.toLowerCase()).not.toContain("authorization:");
    for (const { kind } of entries()) expect(kind).not.toBe("unrecorded");
    await session.close();
  });
});
