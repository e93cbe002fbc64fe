import { mkdirSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { ServerOptions } from "../../src/server/server.ts";
import { LoadServer } from "../load/load-server.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask, RawConnection } from "../support/raw-http.ts";
import { trustedCertificate } from "../support/tls.ts";
import { until } from "../support/wait.ts";

/** A heap in which a few hundred pages of history have no room. */
const HEAP_MIB = 96;
const PIPELINED = 417;
vi.setConfig({ testTimeout: 120_000 });

const folder = new Folder();
const tls = trustedCertificate(folder);
const pageRoot = folder.at("page");
mkdirSync(pageRoot);
writeFileSync(`${pageRoot}/large.bin`, Buffer.alloc(4_000_000, "x"));
afterAll(() => folder[Symbol.dispose]());

/** A server with the default limits per address, and a member of a room whose pages of history are as large as they get. */
async function started(options: ServerOptions) {
  const server = await LoadServer.start({ rateLimit: true, ...options }, [`--max-old-space-size=${HEAP_MIB}`]);
  const api = new Api(server.url);
  const { session, epoch } = await api.openSession(freshRoom());
  for (let n = 0; n < 20; n += 1) await api.execute(session, say("🚀".repeat(4_000)));
  const history = `/api/history?before=${epoch}-21&limit=500&session=${session}`;
  return { server, session, history };
}

function get(path: string, { host }: URL): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
}

/** Connections of HTTP/2 that open no window, each with as many requests as the server lets it have open. */
function openStreams(url: URL, connections: number, path: string): ClientHttp2Session[] {
  return Array.from({ length: connections }, () => {
    const session = connectHttp2(url.origin, { settings: { initialWindowSize: 0 } });
    session.on("error", () => undefined);
    for (let n = 0; n < 100; n += 1) session.request({ ":path": path }).on("error", () => undefined);
    return session;
  });
}

/** Sends requests until the server has processed everything sent before. */
async function expectServed(server: LoadServer): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    expect((await ask(new URL("/healthz", server.url))).status).toBe(200);
    expect(server.exitCode).toBeNull();
  }
}

describe("a peer that sends many requests and reads no answer does not fill the memory", () => {
  test.each([
    ["in the clear", {}],
    ["over TLS", { tls }],
  ])("%s, with pipelined requests", async (_what, options) => {
    const { server, history } = await started(options);
    await using _server = server;
    const connections = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(server.url)));
    for (const [n, { socket }] of connections.entries()) {
      socket.pause();
      // The longest row that may wait, and one that may not.
      socket.write(get(history, server.url).repeat(n % 2 === 0 ? 33 : PIPELINED));
    }
    await expectServed(server);
    await until("the long rows to be cut", async () => {
      for (const { socket } of connections) socket.resume();
      return connections.every(({ closed }, n) => closed || n % 2 === 0);
    });
    for (const each of connections) each[Symbol.dispose]();
  });

  test("behind a stream that it reads", async () => {
    const { server, session, history } = await started({});
    await using _server = server;
    const connections = await Promise.all(Array.from({ length: 6 }, () => RawConnection.open(server.url)));
    for (const { socket } of connections) socket.write(get(`/transports/sse?session=${session}`, server.url));
    await until("the newest stream", () => connections.some(({ text }) => text.includes('"live"')));
    for (const { socket } of connections) socket.write(get(history, server.url).repeat(PIPELINED));
    await expectServed(server);
    await until("their end", () => connections.every(({ closed }) => closed));
    for (const { text } of connections) expect(text).not.toContain("🚀");
  });

  test("on streams of HTTP/2 without a window", async () => {
    const { server, history } = await started({ tls, settings: { addressHistoryRate: null } });
    await using _server = server;
    const sessions = openStreams(server.url, 20, history);
    await expectServed(server);
    for (const session of sessions) session.destroy();
    await expectServed(server);
  });
});

describe("a peer that asks for many files and reads none does not use the descriptors up", () => {
  test("with pipelined requests", async () => {
    await using server = await LoadServer.start({ rateLimit: true, pageRoot });
    const before = server.descriptors;
    const connections = await Promise.all(Array.from({ length: 26 }, () => RawConnection.open(server.url)));
    for (const { socket } of connections) {
      socket.pause();
      socket.write(get("/large.bin", server.url).repeat(33));
    }
    await expectServed(server);
    // For each a socket and a file.
    expect(server.descriptors - before).toBeLessThanOrEqual(2 * 26 + 20);
    for (const each of connections) each[Symbol.dispose]();
    await until("all to be closed", () => server.descriptors <= before + 5);
  });

  test("on streams of HTTP/2 without a window", async () => {
    await using server = await LoadServer.start({ rateLimit: true, pageRoot, tls });
    const before = server.descriptors;
    const sessions = openStreams(server.url, 40, "/large.bin");
    await expectServed(server);
    // For each a socket and as many files as fill what it may leave unread.
    expect(server.descriptors - before).toBeLessThanOrEqual(40 * 20 + 20);
    for (const session of sessions) session.destroy();
    await until("all to be closed", () => server.descriptors <= before + 5);
  });
});

test("an answer of HTTP/2 that is read makes room for the requests that waited", async () => {
  const { server, history } = await started({ tls, settings: { addressHistoryRate: null } });
  await using _server = server;
  const session = connectHttp2(server.url.origin);
  const bodies = await Promise.all(
    Array.from({ length: 80 }, async () => {
      const stream = session.request({ ":path": history });
      let bytes = 0;
      for await (const chunk of stream) bytes += chunk.length;
      return bytes;
    }),
  );
  expect(Math.min(...bodies)).toBeGreaterThan(200_000);
  session.destroy();
});

test("pages of history have their own rate: above it they get 429, and other requests are unaffected", async () => {
  const { server, history, session } = await started({
    settings: { addressHistoryRate: { perSecond: 0.001, burst: 3 } },
  });
  await using _server = server;
  const statuses: number[] = [];
  for (let n = 0; n < 4; n += 1) statuses.push((await ask(new URL(history, server.url))).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect((await ask(new URL(`/api/members?session=${session}`, server.url))).status).toBe(200);
});
