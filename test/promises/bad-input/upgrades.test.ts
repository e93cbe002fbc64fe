import { describe, expect, test } from "vitest";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { RawConnection, UPGRADE } from "../../support/raw-http.ts";
import { until } from "../../support/wait.ts";
import { scene } from "./scene.ts";

const get = scene();

interface Case {
  readonly what: string;
  readonly status: number;
  readonly request?: string;
  readonly query?: (session: string) => string;
  readonly headers?: Readonly<Record<string, string>>;
}

const cases: readonly Case[] = [
  { what: "no session", status: 401, query: () => "" },
  { what: "a forged session", status: 404, query: () => "session=x.y" },
  { what: "a garbage cursor", status: 400, query: (session) => `session=${session}&after=x` },
  { what: "a foreign origin", status: 403, headers: { origin: "https://evil.example" } },
  { what: "a foreign host", status: 403, headers: { host: "evil.example" } },
  { what: "another method", status: 405, request: "PUT /transports/" },
  { what: "an old version of WebSocket", status: 400, headers: { "sec-websocket-version": "7" } },
  { what: "no key", status: 400, headers: { "sec-websocket-key": "" } },
];

// The HTTP server doesn't close an upgraded socket. The code that refuses it must, or it stays open.
describe.each(clientTransports.filter(({ duplex }) => duplex))("a refused upgrade to $name", ({ name }) => {
  test.each(cases)("an upgrade with $what is answered $status, and the server closes the connection", async (each) => {
    const { server, member } = get();
    using connection = await RawConnection.open(server.url);
    const headers = { host: server.url.host, ...UPGRADE, ...each.headers };
    const path = each.request ?? `GET /transports/`;
    const target = path.endsWith("/")
      ? `${path}${name}?${(each.query ?? ((session) => `session=${session}`))(member.session)}`
      : path;
    const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}\r\n`);
    connection.socket.write(`${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
    await until("an answer", () => connection.status);
    expect(connection.status).toBe(each.status);
    await until("the server to close the connection", () => connection.closed);
  });
});
