import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Settings } from "../../src/chat/settings.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { asCursor } from "../support/cast.ts";
import { freshId, freshRoom, say } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { type Answer, ask } from "../support/raw-http.ts";

const ROOM = freshRoom();
const TEXT = "x".repeat(3_000);

let server: RunningServer;
let api: Api;
const listeners: Listener[] = [];

async function start(settings: Partial<Settings>, transports = clientTransports): Promise<void> {
  server = await startServer({ rateLimit: false, settings });
  api = new Api(server.url);
  for (const { name } of transports) {
    listeners.push(await Listener.open(server.url, { room: ROOM, name, transport: name }));
  }
}

const post = (path: string, body: object, session?: string): Promise<Answer> =>
  ask(new URL(path, server.url), {
    method: "POST",
    body: JSON.stringify(body),
    headers: {
      "content-type": "application/json",
      ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
    },
  });

/** Checks that this is 503 with `overloaded` and Retry-After. */
function expectShed(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  expect(JSON.parse(answer.body)).toMatchObject({ code: "overloaded", retry: true });
}

/** Checks that existing members are unaffected: each receives every member's message. */
async function expectUnaffected(texts: readonly string[]): Promise<void> {
  for (const listener of listeners) {
    await listener.untilTexts(texts.length);
    expect(listener.texts).toEqual(texts);
    expect(listener.states.filter(({ kind }) => kind === "reconnecting" || kind === "closed")).toEqual([]);
  }
}

const sayAll = async (): Promise<string[]> => {
  const texts: string[] = [];
  for (const listener of listeners) {
    const text = `from ${listener.transport} ${freshId()}`;
    await listener.client.send(text);
    texts.push(text);
  }
  return texts;
};

beforeEach(() => {
  listeners.length = 0;
});
afterEach(async () => {
  for (const listener of listeners) await listener[Symbol.asyncDispose]();
  api.close();
  await server.close();
});

describe("load shedding with 503 and Retry-After", () => {
  test("a server at its session limit refuses new sessions and serves existing ones", async () => {
    await start({ sessions: clientTransports.length + 1 });
    await api.openSession(ROOM, "the last that fits");
    expectShed(await post("/api/sessions", { room: ROOM, name: "one too many" }));
    await expectUnaffected(await sayAll());
    expect(server.counts.sessions).toBe(clientTransports.length + 1);
  });

  test("a server at its room limit refuses new rooms and serves existing ones", async () => {
    await start({ rooms: 2 });
    await api.openSession(freshRoom(), "the last that fits");
    expectShed(await post("/api/sessions", { room: freshRoom(), name: "one too many" }));
    await expectUnaffected(await sayAll());
    expect(server.counts).toMatchObject({ rooms: 2, sessions: clientTransports.length + 1 });
  });

  test("a server at its limit of log bytes drops the oldest messages, and readers at the head miss none", async () => {
    // Streams are always at the head. A poller is not attached between two polls, and may get a gap.
    await start(
      { logBytes: 20_000, replayBytes: 1_000_000 },
      clientTransports.filter(({ streaming }) => streaming),
    );
    const { session, epoch } = await api.openSession(ROOM, "speaker");
    const stored: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      const answer = await post("/api/commands", say(`${TEXT}${n}`), session);
      expect(answer.status).toBe(200);
      stored.push(`${TEXT}${n}`);
    }
    await expectUnaffected(stored);
    expect((await api.members(session)).count).toBe(listeners.length + 1);
    const { events } = await api.history(session, asCursor(`${epoch}-999`), 100);
    expect(events.length).toBeGreaterThan(1);
    expect(events.length).toBeLessThan(8);
  });
});
