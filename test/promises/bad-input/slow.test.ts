import { describe, expect, test } from "vitest";
import { ERRORS } from "../../../src/protocol/errors.ts";
import { RawConnection } from "../../support/raw-http.ts";
import { until } from "../../support/wait.ts";
import { scene } from "./scene.ts";

const REQUEST_TIMEOUT_MS = 600;
const get = scene({ settings: { requestTimeoutMs: REQUEST_TIMEOUT_MS } });

const host = (): string => `Host: ${get().server.url.host}\r\n`;
const bearer = (): string => `Authorization: Bearer ${get().member.session}\r\n`;
const post = (): string => `POST /api/commands HTTP/1.1\r\n${host()}${bearer()}Content-Type: application/json\r\n`;

describe("incomplete requests", () => {
  const cases: readonly { what: string; bytes: () => string }[] = [
    { what: "half a request line", bytes: () => "GET /transports/" },
    { what: "half the headers", bytes: () => `GET /transports/sse HTTP/1.1\r\n${host()}X-Slow: ` },
    { what: "no end of the headers", bytes: () => `GET /transports/long-polling HTTP/1.1\r\n${host()}${bearer()}` },
    { what: "half a body", bytes: () => `${post()}Content-Length: 100\r\n\r\n{"type":"say",` },
    { what: "half a chunked body", bytes: () => `${post()}Transfer-Encoding: chunked\r\n\r\n10\r\n{"type":` },
    { what: "no body at all", bytes: () => `${post()}Content-Length: 10\r\n\r\n` },
  ];

  test.each(cases)("a connection with $what is answered 408 in time and closed", async ({ bytes }) => {
    using connection = await RawConnection.open(get().server.url);
    connection.socket.write(bytes());
    await until("the answer and the end", () => connection.closed);
    expect(connection.status).toBe(408);
    const { message, retry } = ERRORS.timed_out;
    expect(JSON.parse(connection.text.split("\r\n\r\n")[1] ?? "")).toEqual({ code: "timed_out", message, retry });
  });

  test("a client that disconnects in the middle of a body leaves nothing behind", async () => {
    const before = get().server.counts;
    const connection = await RawConnection.open(get().server.url);
    connection.socket.write(`${post()}Content-Length: 100\r\n\r\n{"type":"say","id":"half","text":"`);
    connection.socket.resetAndDestroy();
    await until("its end", () => connection.closed);
    expect(get().server.counts.sessions).toBe(before.sessions);
  });
});

describe("bytes that are not HTTP", () => {
  test.each([
    ["a line of nonsense", "nonsense\r\n\r\n"],
    ["a WebSocket frame", "\u0081\u0005hello"],
    ["a TLS handshake", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000"],
    [
      "two lengths",
      "POST /api/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    ],
    [
      "a length and chunks",
      "POST /api/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    ],
    [
      "a chunk without a length",
      "POST /api/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n"],
  ])("%s: 400, and closed", async (_what, bytes) => {
    using connection = await RawConnection.open(get().server.url);
    connection.socket.write(bytes, "latin1");
    await until("the end", () => connection.closed);
    expect(connection.status).toBe(400);
    expect(connection.text).not.toMatch(/node:|\.[jt]s:|\n\s+at /);
  });

  test("headers over the limit on a bare connection are answered 431", async () => {
    using connection = await RawConnection.open(get().server.url);
    connection.socket.write(`GET /healthz HTTP/1.1\r\n${host()}X: ${"x".repeat(20_000)}\r\n\r\n`);
    await until("the end", () => connection.closed);
    expect(connection.status).toBe(431);
    expect(connection.text).toContain('"code":"headers_too_large"');
  });
});
