import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Session } from "../../src/protocol/http.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/server.ts";
import type { ClientTransport } from "../../src/transports/contract.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { asCursor } from "../support/cast.ts";
import { follow } from "../support/follow.ts";
import { freshId, say } from "../support/ids.ts";
import { EventQueue } from "../support/queue.ts";
import { type Answer, ask, UPGRADE } from "../support/raw-http.ts";
import { Witness } from "./support/witness.ts";

// Real traffic, looked at before any client has parsed it, and held against openapi.json and asyncapi.yaml.

let witness: Witness;
let server: RunningServer;
let controller: AbortController;

beforeEach(() => {
  witness = new Witness();
  controller = new AbortController();
});

afterEach(async () => {
  controller.abort();
  await server.close();
});

async function serve(options: ServerOptions): Promise<void> {
  server = await startServer(options);
}

function call(method: string, path: string, session?: string, body?: string, headers = {}): Promise<Response> {
  return witness.fetch(new URL(path, server.url), {
    method,
    headers: {
      ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
}

async function join(name: string): Promise<Session> {
  const session: Session = await (
    await call("POST", "/api/sessions", undefined, JSON.stringify({ room: "lobby", name }))
  ).json();
  return session;
}

/** A link whose events are kept; `after` as in the protocol. */
function attach(transport: ClientTransport, { session, cursor }: Session, reader: number, after = cursor) {
  const link = transport.connect({ base: server.url, session, after, reader }, witness.platform, controller.signal);
  link.opened.catch(() => undefined);
  const queue = new EventQueue(after);
  return { link, queue, ended: follow(link, queue) };
}

/** `fetch` can't ask for an upgrade. */
async function upgrade(
  path: string,
  session: string | undefined,
  more: Readonly<Record<string, string>>,
): Promise<Answer> {
  const url = new URL(path, server.url);
  const authorization = session === undefined ? {} : { authorization: `Bearer ${session}` };
  const answer = await ask(url, { headers: { ...UPGRADE, ...authorization, ...more } });
  const type = answer.headers["content-type"]?.split(";")[0];
  witness.answer("get", url.pathname, answer.status, type, answer.body);
  return answer;
}

describe.for(clientTransports)("$name", (transport) => {
  test("carries what asyncapi.yaml says, and nothing else", async () => {
    await serve({ settings: { heartbeatMs: 50, typingEveryMs: 0, commandRate: { perSecond: 0.01, burst: 3 } } });
    const ada = await join("Ada");
    const { link, queue, ended } = attach(transport, ada, 1);
    await link.opened;
    const bob = await join("Bob");
    await call("POST", "/api/commands", bob.session, JSON.stringify(say("a\u0000b\r\n<b>é😀")));
    expect(await link.execute(say("Hello"))).toMatchObject({ type: "ok" });
    expect(await link.execute({ type: "typing", id: freshId() })).toMatchObject({ type: "ok" });
    await link.execute(say("the third is the last of the burst"));
    expect(await link.execute(say("one too many"))).toMatchObject({ type: "refused", code: "too_many" });
    await call("DELETE", "/api/sessions/current", bob.session);
    await queue.waitFor("Bob's leaving", (event) => event.type === "left");
    if (transport.streaming) await queue.waitFor("a heartbeat", (event) => event.type === "idle");

    const late = attach(transport, ada, 2, asCursor("another0-7"));
    await late.queue.waitFor("the gap", (event) => event.type === "gap");
    await late.queue.waitForText("Hello");
    await late.link.execute({ type: "leave", id: freshId() });
    await late.queue.waitForEnd();
    controller.abort();
    await Promise.all([ended, late.ended]);

    expect(witness.faults).toEqual([]);
    const always = ["message", "joined", "left", "gap"];
    const streamed = transport.streaming ? ["live", "typing", "idle", "bye"] : [];
    const duplex = transport.duplex ? ["say", "leave", "ok", "refused"] : [];
    for (const type of [...always, ...streamed, ...duplex])
      expect([...witness.seen]).toContain(`${transport.name} ${type}`);
  });

  test("tells a crowd as a census", async () => {
    await serve({ settings: { censusFrom: 0, censusEveryMs: 25 } });
    const { link, queue } = attach(transport, await join("Ada"), 1);
    await link.opened;
    await join("Bob");
    if (transport.streaming) await queue.waitFor("the census", (event) => event.type === "census");
    expect(witness.faults).toEqual([]);
  });

  test("refuses as openapi.json says", async () => {
    await serve({ settings: { supersedeMs: 0 } });
    const { session, cursor } = await join("Ada");
    const path = `/transports/${transport.name}`;
    const stop = attach(transport, { ...(await join("Bob")), session }, 5);
    await stop.link.opened;
    const asked = [
      [401, `${path}?after=${cursor}`, undefined],
      [404, `${path}?after=${cursor}`, "forged.session"],
      [400, `${path}?after=garbage`, session],
      [400, `${path}?reader=first`, session],
      [transport.name === "sse" ? 204 : 409, `${path}?after=${cursor}&reader=4`, session],
      [403, `${path}?after=${cursor}`, session, { origin: "https://elsewhere.example" }],
    ] as const;
    for (const [status, url, token, more = {}] of asked) {
      const answered = transport.duplex ? upgrade(url, token, more) : call("GET", url, token, undefined, more);
      expect((await answered).status, url).toBe(status);
    }
    // How a client learns what a browser hides of a refused upgrade.
    for (const [status, reader] of [
      [200, "5"],
      [409, "4"],
      [400, "first"],
    ] as const) {
      const url = `/api/sessions/current?reader=${reader}`;
      expect((await call("GET", url, session)).status, url).toBe(status);
    }
    expect(witness.faults).toEqual([]);
  });
});

test("the routes answer as openapi.json says, refusals included", async () => {
  await serve({ settings: { commandRate: { perSecond: 0.01, burst: 1 } } });
  const { session, cursor } = await join("Ada");
  const command = JSON.stringify(say("Hello"));
  const asked = [
    [400, "POST", "/api/sessions", undefined, "{"],
    [422, "POST", "/api/sessions", undefined, "{}"],
    [413, "POST", "/api/sessions", undefined, `"${"x".repeat(70_000)}"`],
    [415, "POST", "/api/sessions", undefined, "{}", { "content-type": "text/plain" }],
    [403, "POST", "/api/sessions", undefined, "{}", { origin: "https://elsewhere.example" }],
    [200, "GET", "/api/sessions/current", session],
    [401, "GET", "/api/sessions/current", undefined],
    [404, "GET", "/api/sessions/current", "forged.session"],
    [200, "POST", "/api/commands", session, command],
    [200, "POST", "/api/commands", session, command],
    [204, "POST", "/api/commands", session, '{"type":"alive"}'],
    [429, "POST", "/api/commands", session, JSON.stringify(say("too soon"))],
    [422, "POST", "/api/commands", session, '{"type":"shout","id":"c9"}'],
    [400, "POST", "/api/commands", session, "{"],
    [401, "POST", "/api/commands", undefined, command],
    [404, "POST", "/api/commands", "forged.session", command],
    [200, "GET", `/api/history?before=${cursor}`, session],
    [200, "GET", "/api/history?before=another0-7&limit=2", session],
    [400, "GET", "/api/history?before=garbage", session],
    [401, "GET", `/api/history?before=${cursor}`, undefined],
    [200, "GET", "/api/members", session],
    [401, "GET", "/api/members", undefined],
    [200, "GET", "/healthz", undefined],
    [200, "GET", "/readyz", undefined],
    [204, "DELETE", "/api/sessions/current", session],
    [404, "DELETE", "/api/sessions/current", session],
  ] as const;
  for (const [status, method, path, token, body, headers] of asked) {
    expect((await call(method, path, token, body, headers)).status, `${method} ${path} ${body ?? ""}`).toBe(status);
  }
  expect(witness.faults).toEqual([]);
});
