import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { freshRoom } from "../support/ids.ts";
import { RawConnection, UPGRADE } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";

// What fuzzing has found, kept as tests of their own.

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ rateLimit: false });
});
afterAll(() => server.close());

const names = clientTransports.filter(({ duplex }) => duplex).map(({ name }) => name);
const upgrade = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}\r\n`);

test.each(names)(
  "an upgrade to %s pipelined behind another request is refused, and its connection ends",
  async (name) => {
    const { session } = await new Api(server.url).openSession(freshRoom());
    const head = `Host: ${server.url.host}\r\nAuthorization: Bearer ${session}\r\n`;
    using connection = await RawConnection.open(server.url);
    connection.socket.write(
      `GET /healthz HTTP/1.1\r\n${head}\r\nGET /transports/${name} HTTP/1.1\r\n${head}${upgrade.join("")}\r\n`,
    );
    await until("the connection's end", () => connection.closed);
    expect([...connection.text.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)].map(([, status]) => status)).toEqual([
      "200",
      "400",
    ]);
  },
);

test.each(names)("an upgrade to %s on a connection without unanswered requests is accepted", async (name) => {
  const { session } = await new Api(server.url).openSession(freshRoom());
  const head = `Host: ${server.url.host}\r\nAuthorization: Bearer ${session}\r\n`;
  using connection = await RawConnection.open(server.url);
  connection.socket.write(`GET /healthz HTTP/1.1\r\n${head}\r\n`);
  await until("the answer", () => connection.text.includes('{"status":'));
  connection.socket.write(`GET /transports/${name} HTTP/1.1\r\n${head}${upgrade.join("")}\r\n`);
  await until("the upgrade", () => connection.text.includes("HTTP/1.1 101 "));
});

test.each(["/*x", "/*/x", "/:a*b", "/(", "/api/*sessions"])(
  "the path %s is answered 404 like any other unknown path",
  async (path) => {
    using connection = await RawConnection.open(server.url);
    connection.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`);
    await until("the answer", () => connection.status !== null);
    expect(connection.status).toBe(404);
  },
);

test("a token whose signature is spelled differently is refused", async () => {
  const api = new Api(server.url);
  const { session } = await api.openSession(freshRoom());
  const before = server.counts.sessions;
  for (const spelling of [`${session}=`, `${session}!`, session.replace(".", ".~")]) {
    using connection = await RawConnection.open(server.url);
    connection.socket.write(
      `GET /api/members HTTP/1.1\r\nHost: ${server.url.host}\r\nAuthorization: Bearer ${spelling}\r\n\r\n`,
    );
    await until("the answer", () => connection.status !== null);
    expect(connection.status).toBe(404);
  }
  expect(server.counts.sessions).toBe(before);
});
