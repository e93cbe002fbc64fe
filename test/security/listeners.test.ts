import dns from "node:dns";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/server.ts";
import { Api } from "../support/api.ts";
import { fingerprint } from "../support/certificate.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask, RawConnection } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { trustedCertificate } from "../support/tls.ts";
import { until } from "../support/wait.ts";
import { closeAll, statusOf } from "./support.ts";

const ADDRESSES = ["127.0.0.1", "127.0.0.2"];

const folder = new Folder();
const tls = trustedCertificate(folder);
afterAll(() => folder[Symbol.dispose]());

// `localhost` has both addresses of the loopback on most machines; here it always has two.
const { lookup } = dns;
beforeEach(() => {
  vi.spyOn(dns, "lookup").mockImplementation((...given: readonly unknown[]): void => {
    const [host, options, done] = given;
    const isAll = typeof options === "object" && options !== null && "all" in options && options.all === true;
    if (host !== "localhost" || !isAll || typeof done !== "function") {
      Reflect.apply(lookup, dns, given);
      return;
    }
    const found = ADDRESSES.map((address) => ({ address, family: 4 }));
    done(null, found);
  });
});
afterEach(() => void vi.restoreAllMocks());

async function withServer(options: ServerOptions, run: (server: RunningServer) => Promise<void>): Promise<void> {
  const server = await startServer({ host: "localhost", ...options });
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

function at(server: RunningServer, address: string, path = "/"): URL {
  const url = new URL(path, server.url);
  url.hostname = address;
  return url;
}

describe.each(ADDRESSES)("a server on localhost, at its address %s", (address) => {
  test("answers requests and upgrades, more often than any rate of refusals allows", async () => {
    await withServer({ settings: { addressUpgradeRate: { perSecond: 0.001, burst: 3 } } }, async (server) => {
      const url = at(server, address);
      const { session } = await new Api(url).openSession(freshRoom());
      for (let n = 0; n < 30; n += 1) {
        expect((await ask(at(server, address, "/healthz"))).status).toBe(200);
        const socket = await RawWebSocket.open(url, `/transports/websocket?session=${session}&reader=${n + 1}`);
        await socket.waitFor("live", ({ type }) => type === "live");
        socket[Symbol.dispose]();
      }
    });
  });

  test("has the cap on connections of one address, and room again when they close", async () => {
    await withServer({ settings: { addressConnections: 3 } }, async (server) => {
      const bytes = `GET /api/members HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`;
      const held = await Promise.all([1, 2, 3, 4].map(() => RawConnection.open(at(server, address))));
      for (const { socket } of held) socket.write(bytes);
      expect((await Promise.all(held.map(statusOf))).toSorted()).toEqual([401, 401, 401, 429]);
      closeAll(held);
      await until("room again", async () => (await ask(at(server, address, "/api/members"))).status === 401);
    });
  });

  test("has the cap on connections in all", async () => {
    await withServer({ settings: { connections: 2 } }, async (server) => {
      const held = await Promise.all(Array.from({ length: 150 }, () => RawConnection.open(at(server, address))));
      await until("those over the cap to be closed", () => held.filter(({ closed }) => closed).length >= 48);
      closeAll(held);
    });
  });

  test("refuses what is not HTTP, and what does not arrive in time, from the one table of errors", async () => {
    await withServer({ settings: { requestTimeoutMs: 400 } }, async (server) => {
      for (const [bytes, code] of [
        ["nonsense\r\n\r\n", "malformed"],
        [`GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}`, "headers_too_large"],
        ["GET / HT", "timed_out"],
      ]) {
        using connection = await RawConnection.open(at(server, address));
        connection.socket.write(bytes ?? "");
        await until("the refusal", () => connection.text.includes(`"code":"${code}"`));
        await until("its end", () => connection.closed);
      }
    });
  });

  test("cuts a connection whose answers nobody reads", async () => {
    await withServer({ settings: { unreadMs: 400 } }, async (server) => {
      const api = new Api(at(server, address));
      const { session, epoch } = await api.openSession(freshRoom());
      for (let n = 0; n < 20; n += 1) await api.execute(session, say("🚀".repeat(4_000)));
      using connection = await RawConnection.open(at(server, address));
      connection.socket.pause();
      const path = `/api/history?before=${epoch}-21&limit=500&session=${session}`;
      connection.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`.repeat(33));
      await until("its end, which writing finds", () => {
        if (!connection.socket.destroyed) connection.socket.write("x");
        return connection.socket.destroyed;
      });
    });
  });

  test("speaks TLS, cuts a connection without a handshake, and uses a renewed certificate", async () => {
    await withServer({ tls, settings: { handshakeMs: 2_000 } }, async (server) => {
      const shown = async (): Promise<string> => {
        const port = Number(server.url.port);
        const socket = connectTls({ host: address, port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
        await once(socket, "secureConnect");
        const { raw } = socket.getPeerCertificate();
        socket.destroy();
        return fingerprint(raw);
      };
      const before = await shown();
      trustedCertificate(folder);
      server.renewCertificate();
      expect(await shown()).not.toBe(before);
      using silent = await RawConnection.open(new URL(`http://${address}:${server.url.port}`));
      await until("the end of a connection without a handshake", () => silent.closed);
    });
  });

  test("closes with the server", async () => {
    const server = await startServer({ host: "localhost" });
    using idle = await RawConnection.open(at(server, address));
    await server.close();
    await until("the end of the connection", () => idle.closed);
    await expect(RawConnection.open(at(server, address))).rejects.toThrow("ECONNREFUSED");
  });

  test("is counted in the metrics", async () => {
    await withServer({}, async (server) => {
      using _idle = await RawConnection.open(at(server, address));
      await until("the connection in the metrics", async () => {
        const { body } = await ask(at(server, "127.0.0.1", "/metrics"));
        return Number(/^skyrocket_sockets (\d+)/m.exec(body)?.[1] ?? 0) >= 1;
      });
    });
  });
});

test("metrics on a port of their own are shown at every address of localhost, until the server closes", async () => {
  const server = await startServer({ metrics: { host: "localhost", port: 0 } });
  const metrics = ADDRESSES.map((address) => new URL(`http://${address}:${server.metricsPort}/metrics`));
  for (const url of metrics) {
    expect((await ask(url)).status).toBe(200);
    expect((await ask(url, { headers: { host: `evil.example:${url.port}` } })).status).toBe(403);
  }
  using idle = await RawConnection.open(new URL(`http://${ADDRESSES[1]}:${server.metricsPort}`));
  await server.close();
  await until("the end of the connection", () => idle.closed);
  for (const url of metrics) await expect(ask(url)).rejects.toThrow("ECONNREFUSED");
});

test("a server starts although a second address of localhost is taken", async () => {
  const other = await startServer({ host: "127.0.0.2" });
  const port = Number(other.url.port);
  await withServer({ port }, async (server) => {
    expect((await ask(at(server, "127.0.0.1", "/healthz"))).status).toBe(200);
  });
  await other.close();
});

describe("TLS connections are counted from their beginning", () => {
  test("those beyond the cap of an address are closed before any handshake", async () => {
    await withServer({ tls, settings: { addressConnections: 2, handshakeMs: 60_000 } }, async (server) => {
      const url = new URL(`http://127.0.0.1:${server.url.port}`);
      const held = await Promise.all(Array.from({ length: 150 }, () => RawConnection.open(url)));
      await until("those over the cap to be closed", () => held.filter(({ closed }) => closed).length >= 48);
      closeAll(held);
    });
  });

  test("one that trickles its handshake is cut as well", async () => {
    await withServer({ tls, settings: { handshakeMs: 500 } }, async (server) => {
      const socket = connect(Number(server.url.port), "127.0.0.1");
      let closed = false;
      socket.on("error", () => undefined).on("close", () => (closed = true));
      // The head of a record that would be 16 KiB long, one byte at a time.
      socket.write(Buffer.from([22, 3, 1, 64, 0]));
      const drip = setInterval(() => socket.write(Buffer.from([1])), 50);
      await until("its end", () => closed);
      clearInterval(drip);
    });
  });
});
