import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../src/protocol/errors.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { Api } from "../../support/api.ts";
import { until } from "../../support/wait.ts";
import { expectFailure, scene } from "./scene.ts";

const get = scene();
const port = (): string => get().server.url.port;

interface Case {
  readonly what: string;
  readonly code: ErrorCode;
  /** Left out: a good session. */
  readonly session?: () => string | null;
  readonly query?: () => Record<string, string>;
  readonly headers?: () => Record<string, string>;
}

const flipped = (): string => {
  const { session } = get().member;
  return `${session.slice(0, 40)}${session[40] === "A" ? "B" : "A"}${session.slice(41)}`;
};

const cases: readonly Case[] = [
  { what: "no session", code: "session_missing", session: () => null },
  { what: "an empty session", code: "session_missing", session: () => "" },
  {
    what: "another scheme than Bearer",
    code: "session_missing",
    session: () => null,
    headers: () => ({ authorization: `Basic ${get().member.session}` }),
  },
  {
    what: "an invalid bearer token",
    code: "session_unknown",
    session: () => null,
    headers: () => ({ authorization: "Bearer nonsense" }),
  },
  {
    what: "the header before the query",
    code: "session_unknown",
    headers: () => ({ authorization: "Bearer nonsense" }),
  },
  { what: "a session that was never issued", code: "session_unknown", session: () => "eyJhbGciOiJub25lIn0.e30" },
  { what: "a session with one letter changed", code: "session_unknown", session: flipped },
  {
    what: "a session without its signature",
    code: "session_unknown",
    session: () => `${get().member.session.split(".")[0]}.`,
  },
  { what: "a foreign origin", code: "not_allowed", headers: () => ({ origin: "https://evil.example" }) },
  { what: "an opaque origin", code: "not_allowed", headers: () => ({ origin: "null" }) },
  { what: "an origin on another port", code: "not_allowed", headers: () => ({ origin: "http://127.0.0.1:1" }) },
  {
    what: "an origin of another scheme",
    code: "not_allowed",
    headers: () => ({ origin: `https://127.0.0.1:${port()}` }),
  },
  {
    what: "an origin that only begins like ours",
    code: "not_allowed",
    headers: () => ({ origin: `http://127.0.0.1:${port()}.evil.example` }),
  },
  { what: "a foreign host", code: "not_allowed", headers: () => ({ host: `evil.example:${port()}` }) },
  {
    what: "a host that begins like ours",
    code: "not_allowed",
    headers: () => ({ host: `127.0.0.1.evil.example:${port()}` }),
  },
  {
    what: "a foreign host and its own origin",
    code: "not_allowed",
    headers: () => ({ host: "evil.example", origin: "http://evil.example" }),
  },
  ...[
    "",
    "nonsense",
    "-",
    "abc-",
    "-1",
    "abc--1",
    "abc-01",
    "abc-1.5",
    "abc-0x1",
    "abc-1e3",
    "abcdefghi-1",
    "ABC-1",
    "abc-1\u0000",
    "abc-1 ",
    `abc-${"9".repeat(16)}`,
  ].map(
    (after): Case => ({ what: `the cursor ${JSON.stringify(after)}`, code: "malformed", query: () => ({ after }) }),
  ),
  ...["0", "-1", "1.5", "1e3", "x", "", "9999999999"].map(
    (reader): Case => ({
      what: `the reader number ${JSON.stringify(reader)}`,
      code: "malformed",
      query: () => ({ reader }),
    }),
  ),
  {
    what: "headers over the limit",
    code: "headers_too_large",
    headers: () => ({ "x-long": "x".repeat(LIMITS.headerBytes + 1) }),
  },
];

describe.each(clientTransports)("attaching by $name", (transport) => {
  test.each(cases)("a request with $what is refused as $code", async ({ code, session, query, headers }) => {
    const { member } = get();
    const given = session === undefined ? member.session : session();
    const answer = await get().attach(
      transport,
      { ...(given === null ? {} : { session: given }), ...query?.() },
      { headers: headers?.() ?? {} },
    );
    expectFailure(answer, code);
  });

  test("a request of a session that has left is refused", async () => {
    const { session } = await get().api.openSession(get().room, "gone");
    await get().api.end(session);
    expectFailure(await get().attach(transport, { session }), "session_unknown");
  });

  test("a request from the server's own origin is accepted under every loopback name", async () => {
    for (const name of ["127.0.0.1", "localhost", "[::1]"]) {
      const { session, cursor } = await get().api.openSession(get().room, "own");
      const headers = { origin: `http://${name}:${port()}`, host: `${name}:${port()}` };
      const answer = await get().attach(transport, { session, after: cursor, hold: "0" }, { headers });
      expect(answer.status).toBe(transport.duplex ? 101 : 200);
      if (!transport.duplex) expect(answer.headers["access-control-allow-origin"]).toBe(headers.origin);
      await get().api.end(session);
    }
  });

  test.each(["POST", "PUT", "DELETE", "PATCH"])(
    "a %s request is answered 405 with the methods that are allowed",
    async (method) => {
      const url = `/transports/${transport.name}?session=${get().member.session}`;
      const answer = await get().send(url, { method });
      expectFailure(answer, "method_not_allowed");
      expect(answer.headers["allow"]).toBe("GET");
    },
  );

  test("a superseded reader number is refused, with 204 where a native EventSource would otherwise reconnect", async () => {
    const { session, cursor } = await get().api.openSession(get().room, "switching");
    const query = (reader: number) => ({ session, after: cursor, reader: String(reader), hold: "0" });
    for (const reader of [7, 8, 9]) {
      const answer = await get().attach(transport, query(reader));
      expect(answer.status).toBe(transport.duplex ? 101 : 200);
    }
    const answer = await get().attach(transport, query(1));
    if (answer.status === 204)
      expect({ stream: transport.streaming, body: answer.body }).toEqual({ stream: true, body: "" });
    else expectFailure(answer, "superseded");
    await get().api.end(session);
  });

  test("an upgrade to another protocol is an ordinary request", async () => {
    const { session, cursor } = await get().api.openSession(get().room, "h2c");
    const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" };
    const answer = await get().attach(
      { ...transport, duplex: false },
      { session, after: cursor, hold: "0" },
      { headers },
    );
    if (transport.duplex) expectFailure(answer, "malformed");
    else expect(answer.status).toBe(200);
    await get().api.end(session);
  });
});

test("an expired session is refused on every transport", async () => {
  const server = await startServer({ settings: { sessionMs: 150 } });
  try {
    const api = new Api(server.url);
    const { session } = await api.openSession("short-lived");
    await until("the session to expire", () =>
      api.current(session).then(
        () => false,
        () => true,
      ),
    );
    await expect(api.current(session)).rejects.toMatchObject({ code: "session_unknown" });
    await expect(api.execute(session, { type: "alive" })).rejects.toMatchObject({ code: "session_unknown" });
  } finally {
    await server.close();
  }
});
