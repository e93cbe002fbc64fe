import { describe, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { longPolling } from "../../src/transports/long-polling/client.ts";
import { shortPolling } from "../../src/transports/short-polling/client.ts";
import { sse } from "../../src/transports/sse/client.ts";
import { asCursor } from "../support/cast.ts";
import { attach, collect, desk } from "./support/desk.ts";
import { FakeApi, json } from "./support/fake-api.ts";
import { settle } from "./support/manual-platform.ts";
import { live, message, Scene } from "./support/scene.ts";

const member = { id: "m1", name: "Ada" };
const typing = { type: "typing", at: 1, member };
const gap = (cursor: string) => ({ type: "gap", cursor, missed: 0 });

/** Answers each poll at once with `answer(poll)` for a minute; returns how many there were. */
async function pollsInAMinute(
  transport: typeof longPolling,
  answer: (poll: number) => readonly unknown[],
): Promise<number> {
  const { platform, lifetime } = desk();
  let polls = 0;
  platform.fetch = () => {
    polls += 1;
    // One that asks without a pause leaves the clock no turn: this ends the test, not the time.
    return polls < 1_000 ? Promise.resolve(json(200, answer(polls))) : new Promise(() => undefined);
  };
  collect(transport.connect(attach, platform, lifetime.signal));
  for (let second = 0; second < 60; second += 1) await platform.advance(1_000);
  lifetime.abort();
  return polls;
}

const STALE: Record<string, (poll: number) => readonly unknown[]> = {
  "what the client has seen": () => [message(4), message(5)],
  "a hundred events the client has seen": () => Array.from({ length: 100 }, (_, index) => message(1 + (index % 5))),
  nothing: () => [],
  "`idle`": () => [{ type: "idle", at: 1 }],
  "somebody who types and types": () => [typing],
  "counts and counts": () => [{ type: "census", at: 1, count: 3 }],
  "gaps to the place where the client is": () => [gap("e1-5")],
  "gaps from one log to another and back": (poll) => [gap(poll % 2 === 0 ? "e1-5" : "e2-5")],
  "gaps further and further back": (poll) => [gap(`e1-${Math.max(0, 5 - poll)}`)],
  "events of no known type": () => [{ type: "poem" }],
};

describe("a server that answers each poll at once and never gets further", () => {
  test.each(Object.keys(STALE))(
    "a server that answers at once with %s gets about one long poll per second",
    async (name) => {
      expect(await pollsInAMinute(longPolling, STALE[name] ?? (() => []))).toBeLessThan(80);
    },
  );

  test.each(Object.keys(STALE))("a server that answers at once with %s gets a short poll every 2 s", async (name) => {
    expect(await pollsInAMinute(shortPolling, STALE[name] ?? (() => []))).toBeLessThan(35);
  });
});

describe("long polling", () => {
  test("long polling polls at once after news, and after a few typing events", async () => {
    const { platform, requests, request, lifetime } = desk();
    collect(longPolling.connect(attach, platform, lifetime.signal));
    await settle();
    await request(0).answer(json(200, []));
    for (let poll = 1; poll < 50; poll += 1) await request(poll).answer(json(200, [message(5 + poll)]));
    expect(requests).toHaveLength(51);
    await request(50).answer(json(200, [typing]));
    await platform.advance(20);
    expect(requests).toHaveLength(52);
    lifetime.abort();
  });
});

describe("a wait the server asks for", () => {
  test.each([
    [-1, 250],
    [-1e300, 250],
    ["soon", 250],
    [null, 250],
    [{}, 250],
    [1e300, 300_250],
    [7_000, 7_250],
  ])("a wait of %j ms in `bye` makes the client wait %i ms", async (retryAfterMs, inMs) => {
    const scene = await Scene.live();
    await scene.platform.advance(5_000);
    scene.fast.last.emit(JSON.parse(JSON.stringify({ type: "bye", reason: "drain", retry: true, retryAfterMs })));
    await settle();
    expect(scene.state).toMatchObject({ kind: "reconnecting", inMs });
  });

  test.each([
    [-1, 250],
    ["later", 250],
    [1e300, 300_250],
  ])("a wait of %j ms in a refused command delays its next attempt by %i ms", async (retryAfterMs, waitMs) => {
    const scene = await Scene.live();
    const sent = scene.client.send("hello").catch(() => undefined);
    await settle();
    const [first] = scene.fast.last.commands;
    const { id } = first?.command ?? {};
    first?.reply(JSON.parse(JSON.stringify({ type: "refused", id, code: "too_many", message: "", retryAfterMs })));
    await settle();
    expect(scene.platform.waits).toContain(waitMs);
    scene.client.close();
    await sent;
  });
});

describe("a heartbeat interval", () => {
  test.each([
    [0, 5_000],
    [15_000, 35_000],
    [1e15, 245_000],
  ])("a heartbeat interval of %i ms ends a silent stream after %i ms", async (heartbeatMs, silenceMs) => {
    const scene = new Scene({}, ({ api }) =>
      api.once("POST api/sessions", () => json(201, { session: "secret-1", ...api.info(1), heartbeatMs })),
    );
    await settle();
    scene.fast.last.emit(live("e1-5"));
    await settle();
    await scene.platform.advance(silenceMs - 1);
    expect(scene.state.kind).toBe("live");
    await scene.platform.advance(1);
    expect(scene.state).toMatchObject({ kind: "reconnecting", because: { kind: "timed_out" } });
  });
});

describe("a session that can't be one", () => {
  test.each<[string, object]>([
    ["a heartbeat that is text", { heartbeatMs: "15000" }],
    ["a negative heartbeat", { heartbeatMs: -1 }],
    ["a cursor that is none", { cursor: "e1-05" }],
    ["a cursor that is a number", { cursor: 5 }],
    ["an epoch that is none", { epoch: "E-1" }],
    ["a member without a name", { member: { id: "m1" } }],
    ["members that are no list", { members: "many" }],
    ["members that are none", { members: [1, 2] }],
    ["a list of members without end", { members: Array.from({ length: 5_000 }, () => member) }],
    ["a negative count", { count: -1 }],
    ["transports that are no list", { transports: {} }],
    ["transports without names", { transports: [{}] }],
    ["no room", { room: undefined }],
  ])("a session with %s is `bad_answer` and is requested again", async (_what, fields) => {
    const scene = new Scene({}, ({ api }) =>
      api.once("POST api/sessions", () => json(201, { session: "secret-1", ...api.info(1), ...fields })),
    );
    await settle();
    expect(scene.state).toMatchObject({ kind: "reconnecting", inMs: 250, because: { kind: "bad_answer" } });
    await scene.platform.advance(250);
    expect(await scene.client.opened).toMatchObject({ room: "lobby" });
  });
});

describe("a page of history", () => {
  test.each<[string, object]>([
    ["has no events", { events: null, cursor: null }],
    ["has events that are none", { events: [{}], cursor: null }],
    ["has events that are not of the log", { events: [typing], cursor: null }],
    ["comes after the place asked for", { events: [message(6)], cursor: null }],
    ["is out of order", { events: [message(3), message(2)], cursor: null }],
    ["has an event twice", { events: [message(3), message(3)], cursor: null }],
    ["has more events than a page", { events: Array.from({ length: 501 }, (_, at) => message(at + 1)), cursor: null }],
    ["goes on where it is", { events: [message(5)], cursor: "e1-5" }],
    ["goes on later", { events: [], cursor: "e1-6" }],
    ["goes on in another log", { events: [], cursor: "e2-1" }],
    ["goes on nowhere", { events: [], cursor: "back" }],
    ["does not say how to go on", { events: [] }],
  ])("a page of history that %s is rejected", async (_what, page) => {
    const scene = await Scene.live();
    scene.api.once("GET api/history", () => json(200, page));
    await expect(scene.client.history(asCursor("e1-5"))).rejects.toMatchObject({
      name: "LinkError",
      kind: "bad_answer",
    });
  });

  test("a valid page of history is returned, with the cursor of the next page", async () => {
    const scene = await Scene.live();
    const page = { events: [message(4), message(5)], cursor: "e1-3" };
    scene.api.once("GET api/history", () => json(200, page));
    expect(await scene.client.history(asCursor("e1-5"))).toEqual(page);
  });
});

describe("a list of members", () => {
  test.each<[string, object]>([
    ["is no list", { count: 1, members: {} }],
    ["holds others", { count: 1, members: [null] }],
    ["has a negative count", { count: -3, members: [] }],
    ["is without end", { count: 1, members: Array.from({ length: 5_000 }, () => member) }],
  ])("a list of members that %s is rejected", async (_what, list) => {
    const scene = await Scene.live();
    scene.api.once("GET api/members", () => json(200, list));
    await expect(scene.client.members()).rejects.toMatchObject({ kind: "bad_answer" });
  });
});

/** A stream that goes on as long as it is read. */
function endless(chunk: string): Response {
  const bytes = new TextEncoder().encode(chunk);
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(bytes) });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

describe("a body without end", () => {
  const options = { url: "http://server.test/", room: "lobby", name: "Ada" } as const;

  test.each([200, 503])("a body is read up to a limit, whatever its status (%i)", async (status) => {
    const { platform } = desk();
    let read = 0;
    const bytes = new Uint8Array(1_048_576);
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        read += bytes.length;
        controller.enqueue(bytes);
      },
    });
    platform.fetch = () => Promise.resolve(new Response(body, { status }));
    const client = connect({ ...options, platform });
    await expect.poll(() => client.state).toMatchObject({ because: { kind: "bad_answer" } });
    expect(read).toBeLessThan(32 * 1_048_576);
    client.close();
  });

  test("a body that trickles fails at its timeout, and its reader is cancelled", async () => {
    const { platform } = desk();
    let cancelled = false;
    const body = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    platform.fetch = () => Promise.resolve(new Response(body));
    const client = connect({ ...options, platform });
    await platform.advance(10_000);
    expect(client.state).toMatchObject({ kind: "reconnecting", because: { kind: "timed_out" } });
    client.close();
    await settle();
    expect(cancelled).toBe(true);
  });

  test.each([
    ["one line", "data: xxxxxxxxxxxxxxxx".repeat(4_096)],
    ["lines of one event", "data: xxxxxxxxxxxxxxxx\n".repeat(4_096)],
  ])("a body of %s ends an event stream", async (_what, chunk) => {
    const { platform, lifetime } = desk();
    platform.fetch = () => Promise.resolve(endless(chunk));
    const { ending } = collect(sse.connect(attach, platform, lifetime.signal));
    await expect.poll(() => ending.value).toMatchObject({ kind: "bad_answer" });
  });

  test.each([
    ["comments", ": nothing\n".repeat(4_096)],
    ["events of no known type", "event: poem\ndata: {}\n\n".repeat(1_024)],
  ])("a body of %s does not prove an event stream", async (_what, chunk) => {
    const { platform, request, requests } = desk();
    const client = connect({ ...options, platform, transport: "sse" });
    await settle();
    await request(0).answer(json(201, { session: "s", ...new FakeApi(["sse"]).info(1) }));
    const bytes = new TextEncoder().encode(chunk);
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    await request(1).answer(new Response(readable, { headers: { "content-type": "text/event-stream" } }));
    for (let second = 0; second < 10; second += 1) {
      void writer.write(bytes).catch(() => undefined);
      await platform.advance(1_000);
    }
    expect(client.state).toMatchObject({ kind: "reconnecting", because: { kind: "timed_out" } });
    expect(requests).toHaveLength(2);
    client.close();
  });
});

describe("a server that forgets each session as soon as it is live", () => {
  test("a server that forgets each session at once does not get new ones at full speed", async () => {
    const scene = new Scene();
    await settle();
    for (let turn = 0; turn < 10; turn += 1) {
      scene.fast.last.emit(live("e1-5"));
      await settle();
      scene.fast.last.fail(new ProtocolError("session_unknown"));
      await settle();
    }
    expect(scene.api.count("POST api/sessions")).toBe(2);
    expect(scene.state).toMatchObject({ because: { kind: "refused", code: "session_unknown" } });
  });
});
