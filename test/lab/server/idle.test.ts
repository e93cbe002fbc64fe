import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { Visitors } from "../../../lab/engine/lab-sessions.ts";
import { LanePorts } from "../../../lab/engine/ports.ts";
import { startProxy } from "../../../lab/engine/proxy/fault-proxy.ts";
import { ServerMeter } from "../../../lab/engine/server-meter.ts";
import { startServer } from "../../../src/server/server.ts";
import { importsOf, readSources } from "../../architecture/imports.ts";
import { ManualWorld } from "../../support/manual-world.ts";
import { until } from "../../support/wait.ts";
import { Visitor } from "./visitor.ts";

/** The TCP sockets and servers of this process. What is closed is listed until its turn of the event loop has ended. */
function sockets(): string {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind.startsWith("TCP"))
    .toSorted()
    .join(" ");
}

describe("while nobody looks", () => {
  it("the laboratory holds no socket", async () => {
    const without = await startServer();
    const plain = sockets();
    await without.close();
    const server = await startServer({ lab: { ports: null } });
    await until("nothing more than without it", () => sockets() === plain);
    const visitor = await Visitor.enter(server.url);
    expect(sockets()).not.toBe(plain);
    await visitor.leave();
    await until("everything to be as before", () => sockets() === plain);
    await server.close();
  });

  it("the laboratory runs no timer", async () => {
    const world = new ManualWorld();
    const meter = new ServerMeter(world);
    const target = () => ({ host: "127.0.0.1", port: 9 });
    const visitors = new Visitors({ startProxy, target, ports: new LanePorts(null), meter, world });
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    server.on("connection", (socket) => visitors.receive(socket));
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server is not listening");
    expect([visitors.count, world.pending, meter.running]).toEqual([0, 0, false]);
    const visitor = await Visitor.enter(new URL(`http://127.0.0.1:${address.port}/`));
    expect([visitors.count, meter.running]).toEqual([1, true]);
    expect(world.pending).toBeGreaterThan(0);
    // Something is waiting to be told at that moment.
    visitor.order({ type: "cut", how: "rst" });
    visitor.order({ type: "stall", forMs: 1_000 });
    await visitor.settle();
    await visitor.leave();
    await until("the visit's end", () => visitors.count === 0);
    expect([world.pending, meter.running]).toEqual([0, false]);
    expect(world.reported).toEqual([]);
    server.close();
  });

  it("nothing on the way of a message knows of it", async () => {
    const sources = await readSources("src");
    const knowing = sources
      .filter(({ path }) => !path.startsWith("lab/engine/"))
      .filter(({ path, text }) => importsOf(path, text).some(({ to }) => to.startsWith("lab/engine/")))
      .map(({ path }) => path);
    expect(knowing.toSorted()).toEqual(["src/server/options.ts", "src/server/server.ts"]);
  });
});
