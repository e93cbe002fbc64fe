import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { LabSessions } from "../../../lab/engine/lab-sessions.ts";
import { LanePorts } from "../../../lab/engine/ports.ts";
import { startProxy } from "../../../lab/engine/proxy/fault-proxy.ts";
import { ServerMeter } from "../../../lab/engine/server-meter.ts";
import { startServer } from "../../../src/server/server.ts";
import { importsOf, readSources } from "../../architecture/imports.ts";
import { LAB } from "../../support/lab.ts";
import { ManualWorld } from "../../support/manual-world.ts";
import { until } from "../../support/wait.ts";
import { Visitor } from "./visitor.ts";

/** Lists the TCP sockets and servers of this process. A closed one stays until the turn of the event loop has ended. */
function sockets(): string {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind.startsWith("TCP"))
    .toSorted()
    .join(" ");
}

describe("without a visitor", () => {
  test("the lab holds no socket", async () => {
    const without = await startServer();
    const plain = sockets();
    await without.close();
    const server = await startServer({ lab: LAB });
    await until("no more sockets than without the lab", () => sockets() === plain);
    const visitor = await Visitor.enter(server.url);
    expect(sockets()).not.toBe(plain);
    await visitor.leave();
    await until("the same sockets as before", () => sockets() === plain);
    await server.close();
  });

  test("the lab runs no timer", async () => {
    const world = new ManualWorld();
    const meter = new ServerMeter(world);
    const target = () => ({ host: "127.0.0.1", port: 9 });
    const { clock, report } = world;
    const sessions = new LabSessions({
      startProxy,
      target,
      ports: new LanePorts(null),
      lanes: 4,
      nodes: null,
      meter,
      clock,
      report,
    });
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    server.on("connection", (socket) => sessions.accept(socket));
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server is not listening");
    expect([sessions.count, world.pending, meter.running]).toEqual([0, 0, false]);
    const visitor = await Visitor.enter(new URL(`http://127.0.0.1:${address.port}/`));
    expect([sessions.count, meter.running]).toEqual([1, true]);
    expect(world.pending).toBeGreaterThan(0);
    // Entries are waiting to be sent when the visitor leaves.
    visitor.order({ type: "cut", how: "rst" });
    visitor.order({ type: "stall", forMs: 1_000 });
    await visitor.settle();
    await visitor.leave();
    await until("the session's end", () => sessions.count === 0);
    expect([world.pending, meter.running]).toEqual([0, false]);
    expect(world.reported).toEqual([]);
    server.close();
  });

  test("nothing on a message's path imports the lab", async () => {
    const sources = await readSources("src");
    const importers = sources
      .filter(({ path }) => !path.startsWith("lab/engine/"))
      .filter(({ path, text }) => importsOf(path, text).some(({ to }) => to.startsWith("lab/engine/")))
      .map(({ path }) => path);
    expect(importers.toSorted()).toEqual(["src/server/command.ts"]);
  });
});
