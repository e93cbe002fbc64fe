import { type EventEmitter, once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../src/server/app.ts";
import { serverClock } from "../../src/server/core.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { createTlsServer } from "../../src/server/tls.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom } from "../support/ids.ts";
import { RawConnection } from "../support/raw-http.ts";
import { trustedCertificate } from "../support/tls.ts";
import { until, within } from "../support/wait.ts";

/** A request that has not arrived whole by then is refused. */
const REQUEST_TIMEOUT_MS = 400;
/** Exists to end a hang. */
const HANG_MS = 60_000;
const AT_ONCE = 300;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "PROPFIND"];
const PATHS = [
  "/",
  "/nowhere",
  "/healthz",
  "/readyz",
  "/metrics",
  "/api/sessions",
  "/api/sessions/current",
  "/api/commands",
  "/api/history",
  "/api/members",
  "/transports/short-polling",
  "/transports/long-polling",
  "/transports/sse",
  "/transports/websocket",
  "/lab/visitors",
];
const TYPES = ["", "application/json", "application/json; charset=utf-8", "text/plain", "nonsense"];
interface Body {
  readonly what: string;
  /** How it is announced. */
  readonly header: string;
  readonly bytes: string;
  /** A body that is not whole never will be. */
  readonly isWhole: boolean;
}

const BODIES: readonly Body[] = [
  { what: "no body", header: "", bytes: "", isWhole: true },
  { what: "an empty body", header: "Content-Length: 0\r\n", bytes: "", isWhole: true },
  { what: "half a body", header: "Content-Length: 20\r\n", bytes: '{"a":', isWhole: false },
  { what: "none of its body", header: "Content-Length: 20\r\n", bytes: "", isWhole: false },
  { what: "no chunks", header: "Transfer-Encoding: chunked\r\n", bytes: "0\r\n\r\n", isWhole: true },
  { what: "half of its chunks", header: "Transfer-Encoding: chunked\r\n", bytes: '5\r\n{"a', isWhole: false },
];

interface Case {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: Body;
}

const CASES: readonly Case[] = METHODS.flatMap((method) =>
  PATHS.flatMap((path) => TYPES.flatMap((type) => BODIES.map((body) => ({ method, path, type, body })))),
);

/** Runs all, a bounded number at a time. */
async function allOf<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Resolves when `over` holds after one of the events. Polling for thousands of requests would take most of the CPU. */
function event(source: EventEmitter, names: readonly string[], over: () => boolean): Promise<void> {
  const happened = new Promise<void>((resolve) => {
    const look = (): void => {
      if (over()) resolve();
    };
    for (const name of names) source.on(name, look);
    look();
  });
  return within("an answer or the end", happened, HANG_MS);
}

const folder = new Folder();
const servers: { clear?: RunningServer; tls?: RunningServer } = {};
beforeAll(async () => {
  const settings = { requestTimeoutMs: REQUEST_TIMEOUT_MS };
  servers.clear = await startServer({ rateLimit: false, settings });
  servers.tls = await startServer({ rateLimit: false, settings, tls: trustedCertificate(folder) });
});
afterAll(async () => {
  await servers.clear?.close();
  await servers.tls?.close();
  folder[Symbol.dispose]();
});

function urlOf(kind: "clear" | "tls"): URL {
  const server = servers[kind];
  if (server === undefined) throw new Error("the server has not started");
  return server.url;
}

describe.each([
  ["HTTP/1.1", "clear", "1.1"],
  ["HTTP/1.0", "clear", "1.0"],
  ["HTTP/1.1 over TLS", "tls", "1.1"],
] as const)("by %s", (_name, kind, version) => {
  test.each(BODIES)("a request with $what is answered or its connection closed", { timeout: 120_000 }, async (body) => {
    const url = urlOf(kind);
    const left: string[] = [];
    const cases = CASES.filter((each) => each.body === body);
    await allOf(cases, async ({ method, path, type }) => {
      using connection = await RawConnection.open(url);
      const typed = type === "" ? "" : `Content-Type: ${type}\r\n`;
      connection.socket.write(
        `${method} ${path} HTTP/${version}\r\nHost: ${url.host}\r\n${typed}${body.header}\r\n${body.bytes}`,
      );
      const over = () => connection.closed || (connection.status !== null && connection.text.includes("\r\n\r\n"));
      await event(connection.socket, ["data", "close"], over).catch(() => left.push(`${method} ${path} ${type}`));
      if ((connection.status ?? 0) === 500) left.push(`${method} ${path} ${type}: 500`);
    });
    expect(left).toEqual([]);
  });
});
describe("by HTTP/2", () => {
  test.each(BODIES)("a request with $what is answered or its stream closed", { timeout: 120_000 }, async (body) => {
    const url = urlOf("tls");
    const left: string[] = [];
    const sessions: ClientHttp2Session[] = Array.from({ length: 4 }, () => connectHttp2(url.origin));
    await Promise.all(sessions.map((session) => once(session, "connect")));
    let turn = 0;
    const cases = CASES.filter((each) => each.body === body);
    await allOf(cases, async ({ method, path, type }) => {
      turn += 1;
      const session = sessions[turn % sessions.length];
      if (session === undefined) throw new Error("there is no session");
      // Chunks are HTTP/1.1's. A body of HTTP/2 has its stream's end instead, and need not announce its length.
      const length = /Content-Length: (\d+)/.exec(body.header)?.[1];
      const stream = session.request(
        {
          ":method": method,
          ":path": path,
          ...(type === "" ? {} : { "content-type": type }),
          ...(length === undefined ? {} : { "content-length": length }),
        },
        { endStream: body.what === "no body" },
      );
      let status: unknown = null;
      stream.on("response", (response) => {
        status = response[":status"];
      });
      stream.on("error", () => undefined);
      if (body.isWhole) stream.end();
      else if (body.bytes !== "") stream.write(body.bytes);
      const over = () => status !== null || stream.closed;
      await event(stream, ["response", "close"], over).catch(() => left.push(`${method} ${path} ${type}`));
      if (status === 500) left.push(`${method} ${path} ${type}: 500`);
      stream.close(constants.NGHTTP2_CANCEL);
    });
    expect(left).toEqual([]);
    for (const session of sessions) session.destroy();
  });
});

test("a stream whose request never gets its body is cut, and no refusal is written into it", async () => {
  const url = urlOf("clear");
  const { session } = await new Api(url).openSession(freshRoom());
  using connection = await RawConnection.open(url);
  connection.socket.write(
    `GET /transports/sse?session=${session} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 20\r\n\r\n{"a":`,
  );
  await until("the stream", () => connection.text.includes('"live"'));
  await until("its end", () => connection.closed);
  expect(connection.text).not.toContain("HTTP/1.1 408");
});

test("fetch may announce JSON on a request without a body", async () => {
  const answer = await fetch(new URL("/api/sessions/current", urlOf("clear")), {
    method: "DELETE",
    headers: { "content-type": "application/json" },
  });
  expect(answer.status).toBe(401);
});

describe("a request that arrived whole and that nothing answers", () => {
  const keepAliveMs = 300;
  const options = { upgradePaths: new Set<string>(), requestTimeoutMs: 10_000, keepAliveMs, isProxy: null };

  test("has its connection closed, in the clear and over TLS", async () => {
    const files = trustedCertificate(folder);
    for (const scheme of ["http", "https"]) {
      const app = createApp({
        ...options,
        onRefused: () => undefined,
        onWrote: () => undefined,
        ...(scheme === "http"
          ? {}
          : {
              listener: (handler, isUpgrade) =>
                createTlsServer(handler, { ...options, files, isUpgrade, handshakeMs: 5_000, clock: serverClock }),
            }),
      });
      app.get("/hangs", () => new Promise(() => undefined));
      const url = new URL((await app.listen({ host: "127.0.0.1", port: 0 })).replace("http:", `${scheme}:`));
      using connection = await RawConnection.open(url);
      connection.socket.write(`GET /hangs HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
      await until("the connection's end", () => connection.closed);
      if (scheme === "https") {
        const session = connectHttp2(url.origin);
        const stream = session.request({ ":path": "/hangs" });
        await until("the stream's end", () => stream.closed);
        session.destroy();
      }
      await app.close();
    }
  });
});
