import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { LanePorts, NoPortError } from "../../../lab/engine/ports.ts";
import { labPlugin } from "../../../lab/engine/routes.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { until } from "../../support/wait.ts";
import { Visitor } from "./visitor.ts";

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function open(ports: { from: number; to: number } | null = null): Promise<URL> {
  server = await startServer({ lab: labPlugin({ ports }) });
  return server.url;
}

/** Returns whether nothing listens on the port. */
async function isFree(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    return await Promise.race([once(socket, "connect").then(() => false), once(socket, "error").then(() => true)]);
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

async function portsOf(visitor: Visitor): Promise<number[]> {
  return (await visitor.welcomed()).lanes.map(({ port }) => port);
}

async function expectFree(ports: readonly number[]): Promise<void> {
  expect(ports).toHaveLength(4);
  for (const port of ports) await until(`port ${port} to be free`, () => isFree(port));
}

/** Finds five consecutive free ports. */
async function freeRange(): Promise<{ from: number; to: number }> {
  for (let from = 21_000; from < 30_000; from += 5) {
    const ports = [0, 1, 2, 3, 4].map((step) => from + step);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return { from, to: from + 4 };
  }
  throw new Error("there are no five free ports in a row");
}

describe("a visitor's ports", () => {
  test("a visitor's ports are free after it leaves", async () => {
    const visitor = await Visitor.enter(await open());
    const ports = await portsOf(visitor);
    expect(await Promise.all(ports.map(isFree))).toEqual([false, false, false, false]);
    await visitor.leave();
    await expectFree(ports);
  });

  test("a visitor's ports are free after its connection breaks during a stall", async () => {
    const visitor = await Visitor.enter(await open());
    const ports = await portsOf(visitor);
    const carried = connect(ports[0] ?? 0, "127.0.0.1");
    await once(carried, "connect");
    const ended = once(carried, "close");
    carried.on("error", () => undefined);
    visitor.order({ type: "stall", forMs: 60_000 });
    visitor.order({ type: "raw", lane: 1, base64: Buffer.from("GET /healthz HTTP/1.1\r\n\r\n").toString("base64") });
    await visitor.settle();
    visitor.socket.terminate();
    await expectFree(ports);
    await ended;
  });

  test("a visitor's ports are free after the server closes", async () => {
    const visitor = await Visitor.enter(await open());
    const ports = await portsOf(visitor);
    await server?.close();
    server = undefined;
    await expectFree(ports);
    expect(await visitor.closed()).toBe(1001);
  });

  test("a visitor's ports are free after the server drains", async () => {
    const visitor = await Visitor.enter(await open());
    const ports = await portsOf(visitor);
    await server?.drain();
    server = undefined;
    await expectFree(ports);
  });
});

describe("a range of ports", () => {
  test("a port range serves one visitor after another, and refuses one when it is used up", async () => {
    const range = await freeRange();
    const url = await open(range);
    for (let turn = 0; turn < 3; turn += 1) {
      const visitor = await Visitor.enter(url);
      const ports = await portsOf(visitor);
      for (const port of ports) expect(port >= range.from && port <= range.to).toBe(true);
      const second = new Visitor(url);
      expect(await second.closed()).toBe(1013);
      expect(second.refusals()).toEqual([expect.stringContaining("--lab-ports")]);
      await visitor.leave();
      await expectFree(ports);
    }
  });

  test("a port that is already in use is skipped", async () => {
    const range = await freeRange();
    const other = createServer().listen(range.from + 1, "127.0.0.1");
    await once(other, "listening");
    try {
      const visitor = await Visitor.enter(await open(range));
      expect((await portsOf(visitor)).toSorted()).toEqual([0, 2, 3, 4].map((step) => range.from + step));
      await visitor.leave();
    } finally {
      other.close();
    }
  });

  test("ports that browsers refuse are never assigned", async () => {
    const ports = new LanePorts({ from: 6665, to: 6670 });
    expect((await ports.open(async (port) => port)).started).toBe(6670);
    await expect(ports.open(async (port) => port)).rejects.toThrow(NoPortError);
  });

  test("an unrelated error rejects, and its port stays available", async () => {
    const ports = new LanePorts({ from: 7000, to: 7000 });
    await expect(ports.open(() => Promise.reject(new Error("no memory")))).rejects.toThrow("no memory");
    expect((await ports.open(async (port) => port)).started).toBe(7000);
  });
});
