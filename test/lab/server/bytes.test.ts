import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/index.ts";
import type { Telling } from "../../../src/lab/control.ts";
import { ServerMeter } from "../../../src/lab/meter.ts";
import { LanePorts } from "../../../src/lab/ports.ts";
import { startProxy } from "../../../src/lab/proxy/start.ts";
import type { Entry } from "../../../src/lab/run.ts";
import type { Ear } from "../../../src/lab/teller.ts";
import { Visit } from "../../../src/lab/visit.ts";
import type { LabWorld } from "../../../src/lab/world.ts";
import { type RunningServer, startServer } from "../../../src/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { testPlatform } from "../../support/platform.ts";
import { until } from "../../support/wait.ts";
import { type Carried, Recorder } from "./recorder.ts";

const world: LabWorld = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  later: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, task) => {
    const timer = setInterval(task, ms);
    return () => clearInterval(timer);
  },
  report: (error) => {
    throw error;
  },
};
const TEXTS = ["Hello", "Grüße, 世界 🌍", `${"long ".repeat(700)}`];

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
    meter: new ServerMeter(world),
    world,
  };
  const visit = await Visit.begin(ear, equipment);
  const [welcome] = tellings;
  if (welcome?.type !== "welcome") throw new Error("there was no welcome");
  const entries = (): Entry[] => tellings.flatMap((telling) => (telling.type === "entries" ? telling.entries : []));
  return { visit, entries, port: welcome.lanes[0]?.port ?? 0 };
}

/** The recording of each connection, put together. */
function recorded(entries: readonly Entry[]): Carried[] {
  const connections = new Map<number, Carried>();
  for (const entry of entries) {
    if (entry.kind !== "bytes") continue;
    const carried = connections.get(entry.connection) ?? { up: Buffer.alloc(0), down: Buffer.alloc(0) };
    carried[entry.direction] = Buffer.concat([carried[entry.direction], Buffer.from(entry.base64, "base64")]);
    connections.set(entry.connection, carried);
  }
  return [...connections.values()];
}

/** As text, sorted, so that the order in which connections were accepted plays no part. */
function comparable(connections: readonly Carried[]): string[] {
  return connections
    .filter(({ up, down }) => up.length + down.length > 0)
    .map(({ up, down }) => `${up.toString("latin1")}\n–––\n${down.toString("latin1")}`)
    .toSorted();
}

describe.each(clientTransports)("what is recorded of $name", ({ name }) => {
  it("is, byte for byte, what was sent and received at either end", async () => {
    await using behind = await Recorder.open({ host: "127.0.0.1", port: Number(server.url.port) });
    const { visit, entries, port } = await visitTo(behind.address);
    await using before = await Recorder.open({ host: "127.0.0.1", port });
    const client = connect({
      url: before.url,
      room: `bytes-${name}`,
      name: "Ada",
      transport: name,
      // As in the page: another origin's, so that the session is in the query.
      platform: { ...testPlatform(), origin: "http://127.0.0.1:9" },
    });
    try {
      await client.opened;
      const heard: string[] = [];
      const listening = (async () => {
        for await (const { event } of client) if (event.type === "message") heard.push(event.text);
      })();
      for (const text of TEXTS) await client.send(text);
      await until("all messages", () => heard.length === TEXTS.length);
      client.close();
      await listening;
    } finally {
      client.close();
    }
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
