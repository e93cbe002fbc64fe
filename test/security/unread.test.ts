import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterAll, describe, expect, test, vi } from "vitest";
import { LoadServer } from "../load/load-server.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask } from "../support/raw-http.ts";
import { trustedCertificate } from "../support/tls.ts";
import { until } from "../support/wait.ts";

const MIB = 1_048_576;
const BUDGET = 4 * MIB;
const HOSTILE = 60;
/** More than the kernel keeps of what one connection was written on loopback: the last answer waits in the process. */
const PIPELINED = 33;
vi.setConfig({ testTimeout: 240_000 });

const folder = new Folder();
const tls = trustedCertificate(folder);
afterAll(() => folder[Symbol.dispose]());

/** One member's connection, of which nothing is read until it is asked for. */
class Unreading {
  readonly socket: Socket;
  isCut = false;

  constructor(url: URL, localAddress: string, requests: string) {
    this.socket = connect({ host: "127.0.0.1", port: Number(url.port), localAddress });
    this.socket.pause();
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.isCut = true;
    });
    this.socket.write(requests);
  }
}

/** A server whose time for unread answers never ends in a test, and the path of an answer of nearly 256 KiB. */
async function started(options: { readonly tls?: typeof tls } = {}) {
  const settings = { unreadBytes: BUDGET, unreadMs: 3_600_000, addressHistoryRate: null };
  const server = await LoadServer.start({ rateLimit: true, settings, ...options });
  const api = new Api(server.url);
  const { session, epoch } = await api.openSession(freshRoom());
  for (let n = 0; n < 20; n += 1) await api.execute(session, say("🚀".repeat(4_000)));
  api.close();
  return { server, session, epoch };
}

describe("answers that nobody reads are bounded over all connections", () => {
  test.each([
    ["polls", "/transports/long-polling", "hold=0&after"],
    ["pages of history", "/api/history", "limit=500&before"],
  ])("%s: the address with the most of them loses connections, and no other does", async (what, path, query) => {
    const { server, session, epoch } = await started();
    await using _server = server;
    const place = what === "polls" ? `${epoch}-1` : `${epoch}-21`;
    const request = `GET ${path}?session=${session}&${query}=${place} HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`;
    const slow = new Unreading(server.url, "127.0.0.2", request.repeat(PIPELINED));
    const before = await server.resident();
    const hostile = Array.from(
      { length: HOSTILE },
      () => new Unreading(server.url, "127.0.0.1", request.repeat(PIPELINED)),
    );
    // What is cut is read to its end first: what the kernel has, and nothing that waited.
    await until("connections to be cut", async () => {
      expect((await ask(new URL("/healthz", server.url))).status).toBe(200);
      return server.descriptors < HOSTILE / 2 + 30;
    });
    for (const { socket } of hostile) socket.resume();
    await until("the cut ones to end", () => hostile.some(({ isCut }) => isCut));
    expect((await server.resident()) - before).toBeLessThan(200 * MIB);
    expect(slow.isCut).toBe(false);
    let bytes = 0;
    slow.socket.on("data", (chunk) => {
      bytes += chunk.length;
    });
    slow.socket.resume();
    await until("all answers of the slow one", () => bytes > PIPELINED * 200_000);
    for (const { socket } of [...hostile, slow]) socket.destroy();
  });

  test("streams of HTTP/2 without a window", async () => {
    const { server, session, epoch } = await started({ tls });
    await using _server = server;
    const path = `/api/history?session=${session}&limit=500&before=${epoch}-21`;
    let cut = 0;
    const sessions: ClientHttp2Session[] = Array.from({ length: 2 * (BUDGET / 262_144) }, () => {
      const client = connectHttp2(server.url.origin, { settings: { initialWindowSize: 0 } });
      client.on("error", () => undefined);
      for (let n = 0; n < 2; n += 1) {
        client
          .request({ ":path": path })
          .resume()
          .on("error", () => undefined)
          .on("close", () => {
            cut += 1;
          });
      }
      return client;
    });
    await until("streams to be cut", () => cut > 0);
    expect((await ask(new URL("/healthz", server.url))).status).toBe(200);
    for (const client of sessions) client.destroy();
  });
});
