import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { memoryChoice } from "../../src/client/chooser.ts";
import { SendError } from "../../src/client/types.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { asCommandId, asCursor, asSession } from "../support/cast.ts";
import { json, refusal } from "./support/fakeApi.ts";
import { settle } from "./support/manualPlatform.ts";
import { bye, live, message, Scene } from "./support/scene.ts";

const LIVE = { kind: "live", transport: "fast" };

describe("opening", () => {
  it("returns at once, opens a session, then a link from the session's cursor", async () => {
    const scene = new Scene();
    expect(scene.state).toEqual({ kind: "connecting", transport: null });
    expect(scene.client.member).toBeNull();
    expect(scene.client.resumption).toBeNull();
    expect(await scene.client.opened).toMatchObject({ room: "lobby", resumed: false });
    await settle();
    expect(scene.fast.last.attach).toMatchObject({ session: "secret-1", after: "e1-5", reader: 1 });
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toEqual({ ...LIVE, since: { kind: "fresh" }, switchingTo: null, roundTripMs: null });
    expect(scene.client.member).toMatchObject({ id: "m1" });
    expect(scene.client.resumption).toEqual({ session: "secret-1", cursor: "e1-5", reader: 1 });
  });

  it("tries again after network faults and 503, honouring Retry-After, and says when", async () => {
    const scene = new Scene({}, ({ api }) => {
      api.once("POST api/sessions", () => Promise.reject(new TypeError("refused")));
      api.once("POST api/sessions", () => refusal(503, "overloaded", { "retry-after": "7" }));
      api.once("POST api/sessions", () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    });
    await settle();
    expect(scene.state).toEqual({ kind: "reconnecting", transport: "fast", inMs: 250, attempt: 1 });
    await scene.platform.advance(250);
    expect(scene.state).toEqual({ kind: "reconnecting", transport: "fast", inMs: 7_500, attempt: 2 });
    await scene.platform.advance(7_499);
    expect(scene.api.count("POST api/sessions")).toBe(2);
    await scene.platform.advance(1);
    expect(scene.api.count("POST api/sessions")).toBe(3);
    await scene.platform.advance(1_000);
    expect(await scene.client.opened).toMatchObject({ resumed: false });
  });

  it("rejects `opened` and closes when refused for good", async () => {
    const scene = new Scene({}, ({ api }) => api.once("POST api/sessions", () => refusal(403, "not_allowed")));
    await expect(scene.client.opened).rejects.toMatchObject({ code: "not_allowed" });
    await settle();
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_allowed" } });
    expect(scene.platform.pending).toBe(0);
  });

  it("closes where the server offers nothing this client knows", async () => {
    const scene = new Scene({}, ({ api }) => api.transports.splice(0, 3, "carrier-pigeon"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_found" } });
  });

  it("throws at once for a transport nobody here knows and for what can't be a room", () => {
    expect(() => new Scene({ transport: "pigeon" })).toThrow(RangeError);
    expect(() => new Scene({ room: "No Room" })).toThrow(RangeError);
  });

  it.each([401, 404])("opens a new session when the one to resume is answered %i", async (status) => {
    const resume = { session: asSession("old"), cursor: asCursor("e1-2"), reader: 4 };
    const scene = new Scene({ resume }, ({ api }) =>
      api.once("GET api/sessions/current", () =>
        refusal(status, status === 401 ? "session_missing" : "session_unknown"),
      ),
    );
    expect(await scene.client.opened).toMatchObject({ resumed: false });
    await settle();
    expect(scene.fast.last.attach).toMatchObject({ session: "secret-1", after: "e1-5" });
  });

  it("resumes a session at its cursor, above the numbers its links have had, and says what was replayed", async () => {
    const scene = new Scene({ resume: { session: asSession("old"), cursor: asCursor("e1-2"), reader: 4 } });
    expect(await scene.client.opened).toMatchObject({ resumed: true });
    await settle();
    expect(scene.fast.last.attach).toMatchObject({ session: "old", after: "e1-2", reader: 5 });
    scene.fast.last.emit(message(3), message(4), live("e1-4", 2));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", since: { kind: "resumed", replayed: 2 } });
    expect(scene.seqs).toEqual([3, 4]);
    expect(scene.deliveries.map(({ latencyMs }) => latencyMs)).toEqual([null, null]);
  });

  it("waits for the network before it asks for anything", async () => {
    const scene = new Scene();
    scene.client.setOnline(false);
    await scene.platform.advance(60_000);
    expect(scene.state).toMatchObject({ kind: "reconnecting", inMs: null });
    expect(scene.fast.links.filter(({ signal }) => !signal.aborted)).toEqual([]);
    scene.client.setOnline(true);
    await settle();
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject(LIVE);
  });
});

describe("following", () => {
  it("drops what it has and starts anew from its cursor when something is left out", async () => {
    const scene = await Scene.live();
    const first = scene.fast.last;
    first.emit(message(6), message(6), message(8));
    await settle();
    expect(scene.seqs).toEqual([6]);
    expect(first.signal.aborted).toBe(true);
    await scene.platform.advance(250);
    expect(scene.fast.last.attach).toMatchObject({ after: "e1-6", reader: 1 });
    scene.fast.last.emit(message(7), message(8), live("e1-8", 2));
    await settle();
    expect(scene.seqs).toEqual([6, 7, 8]);
    expect(scene.state).toMatchObject({ since: { kind: "resumed", replayed: 2 } });
  });

  it("does not believe a `live` beyond what has been sent", async () => {
    const scene = new Scene();
    await settle();
    scene.fast.last.emit(live("e1-9"));
    await settle();
    expect(scene.state.kind).toBe("reconnecting");
  });

  it("hands a gap on, says so, and goes on from it, into another epoch too", async () => {
    const scene = new Scene();
    await settle();
    scene.fast.last.emit({ type: "gap", cursor: asCursor("e2-40"), missed: null }, message(41), live("e2-41", 1));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", since: { kind: "gap", missed: null } });
    expect(scene.deliveries.map(({ event }) => event.type)).toEqual(["gap", "message"]);
    expect(scene.client.resumption?.cursor).toBe("e2-41");
    scene.fast.last.emit({ type: "gap", cursor: asCursor("e2-50"), missed: 9 });
    await settle();
    expect(scene.state).toMatchObject({ since: { kind: "gap", missed: 9 } });
  });

  it("is live only once it has taken in what was replayed, which has no latency", async () => {
    const scene = await Scene.live();
    const places: (string | undefined)[] = [];
    scene.client.watch(({ kind }) => kind === "live" && places.push(scene.client.resumption?.cursor));
    scene.fast.last.emit(message(6));
    await settle();
    scene.fast.last.fail(new LinkError("cut"));
    await scene.platform.advance(250);
    scene.fast.last.emit(message(7), message(8), message(9), live("e1-9", 3), message(10));
    await settle();
    expect(places).toEqual(["e1-5", "e1-9"]);
    expect(scene.deliveries.map(({ latencyMs }) => latencyMs === null)).toEqual([false, true, true, true, false]);
  });

  it("hides its own typing and shows that of others", async () => {
    const scene = await Scene.live();
    const { fast } = scene;
    const member = scene.client.member;
    if (member === null) throw new Error("no member");
    const at = 1_700_000_000_000;
    fast.last.emit(
      { type: "typing", at, member },
      { type: "typing", at, member: { ...member, id: message(1).from.id } },
    );
    await settle();
    expect(scene.deliveries).toHaveLength(1);
  });

  it("measures an own message from send() to its coming down, others by the server's clock", async () => {
    const scene = await Scene.live();
    const sent = scene.client.send("hello", { id: "mine" });
    await settle();
    await scene.platform.advance(40);
    scene.fast.last.emit({ ...message(6, "mine", "m1"), at: scene.platform.wallNow() });
    expect(await sent).toBe(6);
    await settle();
    expect(scene.deliveries.at(-1)).toMatchObject({ by: "fast", latencyMs: 40, receivedAt: scene.platform.wallNow() });
  });

  it("takes a stream for dead after two silent heartbeats and 5 s, not sooner", async () => {
    const scene = await Scene.live();
    await scene.platform.advance(34_999);
    scene.fast.last.emit({ type: "idle", at: 0 });
    await scene.platform.advance(34_999);
    expect(scene.state.kind).toBe("live");
    await scene.platform.advance(1);
    expect(scene.state).toMatchObject({ kind: "reconnecting", transport: "fast", attempt: 1 });
  });

  it("says `alive` every 25 s where the server could not hear it otherwise", async () => {
    const scene = new Scene({ transport: "slow" });
    await settle();
    scene.slow.last.emit(live("e1-5"));
    for (let turn = 0; turn < 5; turn += 1) {
      await scene.platform.advance(10_000);
      scene.slow.last.emit({ type: "idle", at: 0 });
    }
    const alive = () => scene.api.seen.filter(({ body }) => JSON.stringify(body) === '{"type":"alive"}').length;
    expect(alive()).toBe(2);
    scene.client.close();
    await scene.platform.advance(60_000);
    expect(alive()).toBe(2);
  });
});

describe("when a link ends", () => {
  it.each([
    { reason: "superseded", because: { kind: "superseded" } },
    { reason: "left", because: { kind: "left" } },
    { reason: "expired", because: { kind: "expired" } },
  ] as const)("`bye` $reason ends the client for good", async ({ reason, because }) => {
    const scene = await Scene.live();
    scene.fast.last.emit(bye(reason));
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because });
    expect(scene.platform.pending).toBe(0);
  });

  it.each(["drain", "slow_consumer"] as const)("`bye` %s brings it back when the server said", async (reason) => {
    const scene = await Scene.live();
    await scene.platform.advance(5_000);
    scene.fast.last.emit(bye(reason, 3_000));
    await settle();
    expect(scene.state).toEqual({ kind: "reconnecting", transport: "fast", inMs: 3_250, attempt: 1 });
    await scene.platform.advance(3_250);
    expect(scene.fast.links).toHaveLength(2);
  });

  it("backs off further and further, and begins anew after a link that lasted", async () => {
    const scene = await Scene.live();
    await scene.platform.advance(5_000);
    scene.fast.last.fail(new LinkError("cut"));
    const waits: (number | null)[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      await settle();
      const { state } = scene;
      if (state.kind !== "reconnecting") throw new Error(`unexpectedly ${state.kind}`);
      waits.push(state.inMs);
      await scene.platform.advance(state.inMs ?? 0);
      scene.fast.last.fail(new LinkError("cut again"));
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000]);
    await scene.platform.advance(4_000);
    scene.fast.last.emit(live("e1-5"));
    await scene.platform.advance(1_000);
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    expect(scene.state).toMatchObject({ inMs: 250, attempt: 1 });
  });

  it("waits up to 1 s, however often, after links that are live and die at once", async () => {
    const scene = await Scene.live();
    scene.platform.chance = 0.999999;
    const waits: (number | null)[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      scene.fast.last.fail(new LinkError("cut"));
      await settle();
      const { state } = scene;
      if (state.kind !== "reconnecting") throw new Error(`unexpectedly ${state.kind}`);
      waits.push(state.inMs);
      await scene.platform.advance(state.inMs ?? 0);
      scene.fast.last.emit(live("e1-5"));
      await settle();
    }
    expect(waits).toEqual([500, 1_000, 1_000, 1_000]);
  });

  it("opens a new session when the old one is gone; what was pending fails and is not sent again", async () => {
    const scene = await Scene.live();
    const pending = scene.client.send("hello");
    const outcome = expect(pending).rejects.toBeInstanceOf(SendError);
    await settle();
    scene.fast.last.emit(message(6));
    await settle();
    scene.fast.last.fail(new LinkError("cut"));
    await scene.platform.advance(250);
    scene.fast.last.fail(new ProtocolError("session_unknown"));
    await outcome;
    await settle();
    expect(scene.fast.last.attach).toMatchObject({ session: "secret-2", after: "e1-6" });
    scene.fast.last.emit(live("e1-6"));
    await settle();
    expect(scene.client.member).toMatchObject({ id: "m2" });
    expect(scene.state).toMatchObject({ kind: "live", since: { kind: "resumed" } });
    expect(scene.fast.last.commands).toEqual([]);
  });

  it("does not open session after session at full speed", async () => {
    const scene = await Scene.live();
    for (let turn = 0; turn < 3; turn += 1) {
      scene.fast.last.fail(new ProtocolError("session_unknown"));
      await settle();
    }
    expect(scene.api.count("POST api/sessions")).toBe(2);
    await scene.platform.advance(20_000);
    expect(scene.api.count("POST api/sessions")).toBe(3);
  });

  it("a command refused because the session is gone has the same effect", async () => {
    const scene = await Scene.live();
    const outcome = expect(scene.client.send("hello")).rejects.toBeInstanceOf(SendError);
    await settle();
    scene.fast.last.commands[0]?.fail(new ProtocolError("session_unknown"));
    await outcome;
    await settle();
    expect(scene.fast.last.attach.session).toBe("secret-2");
  });

  it("goes off at once when the network is gone and comes back at once with it", async () => {
    const scene = await Scene.live();
    await scene.platform.advance(5_000);
    scene.client.setOnline(false);
    await settle();
    expect(scene.state).toEqual({ kind: "reconnecting", transport: "fast", inMs: null, attempt: 1 });
    await scene.platform.advance(600_000);
    expect(scene.fast.links).toHaveLength(1);
    scene.client.setOnline(true);
    await settle();
    expect(scene.fast.links).toHaveLength(2);
  });

  it("refused by name for good, it closes and says by what", async () => {
    const scene = await Scene.live();
    scene.fast.last.fail(new ProtocolError("not_allowed"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_allowed" } });
  });
});

describe("sending", () => {
  it("resolves to the seq, measures the round trip, and retries under the same id on the next link", async () => {
    const scene = await Scene.live();
    const sent = scene.client.send("hello", { id: "c-1" });
    await settle();
    scene.fast.last.fail(new LinkError("cut"));
    await scene.platform.advance(250);
    scene.fast.last.emit(live("e1-5"));
    await scene.platform.advance(12);
    const [again] = scene.fast.last.commands;
    expect(again?.command).toEqual({ type: "say", id: "c-1", text: "hello" });
    again?.reply({ type: "ok", id: asCommandId("c-1"), seq: 6 });
    expect(await sent).toBe(6);
    expect(scene.state).toMatchObject({ roundTripMs: 12 });
  });

  it("rejects an id no server would take, and everything once closed", async () => {
    const scene = await Scene.live();
    await expect(scene.client.send("x", { id: "" })).rejects.toMatchObject({ code: "unprocessable" });
    scene.client.close();
    await expect(scene.client.send("x")).rejects.toBeInstanceOf(SendError);
  });

  it("says that it is typing once in 3 s", async () => {
    const scene = await Scene.live();
    scene.client.typing();
    scene.client.typing();
    await scene.platform.advance(3_000);
    scene.client.typing();
    await settle();
    expect(scene.fast.last.commands.map(({ command }) => command.type)).toEqual(["typing", "typing"]);
  });
});

describe("closing", () => {
  it("leaves nothing behind: no timer, no listener, no link, no pending promise", async () => {
    const controller = new AbortController();
    const scene = await Scene.live({ signal: controller.signal });
    const sent = expect(scene.client.send("hello")).rejects.toBeInstanceOf(SendError);
    const switched = expect(scene.client.switchTo("slow")).rejects.toBeInstanceOf(LinkError);
    await settle();
    scene.client.close();
    await sent;
    await switched;
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "closed" } });
    expect(scene.platform.pending).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    expect([...scene.fast.links, ...scene.slow.links].every(({ signal }) => signal.aborted)).toBe(true);
    scene.client.close();
    scene.client.setVisible(false);
    scene.client.setOnline(false);
    expect(scene.states.filter(({ kind }) => kind === "closed")).toHaveLength(1);
  });

  it.each([
    ["before the session is open", async () => new Scene({ signal: AbortSignal.abort() })],
    ["while the session is being opened", async () => new Scene()],
    [
      "while it waits to try again",
      async () => {
        const scene = await Scene.live();
        scene.fast.last.fail(new LinkError("cut"));
        await settle();
        return scene;
      },
    ],
  ])("works %s", async (_when, begin) => {
    const scene = await begin();
    scene.client.close();
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "closed" } });
    expect(scene.platform.pending).toBe(0);
    expect([...scene.fast.links].every(({ signal }) => signal.aborted)).toBe(true);
  });

  it("follows the signal it was given", async () => {
    const controller = new AbortController();
    const scene = await Scene.live({ signal: controller.signal });
    controller.abort();
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "closed" } });
    expect(scene.platform.pending).toBe(0);
  });

  it("leaves by ending the session, trying again where the network fails", async () => {
    const scene = await Scene.live();
    scene.api.once("DELETE api/sessions/current", () => Promise.reject(new TypeError("cut")));
    const left = scene.client.leave();
    await scene.platform.advance(250);
    await left;
    expect(scene.api.count("DELETE api/sessions/current")).toBe(2);
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "left" } });
  });

  it("has left as well when `bye` comes before the answer", async () => {
    const scene = await Scene.live();
    scene.api.once("DELETE api/sessions/current", async () => {
      scene.fast.last.emit(bye("left"));
      await settle();
      return Promise.reject(new TypeError("aborted"));
    });
    await scene.client.leave();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "left" } });
  });

  it("asks for history and members with the session in hand", async () => {
    const scene = await Scene.live();
    scene.api.once("GET api/history", ({ url, headers }) =>
      json(200, { events: [], cursor: `${url.search} ${headers.get("authorization")}` }),
    );
    expect(await scene.client.history(asCursor("e1-5"), 20)).toEqual({
      events: [],
      cursor: "?before=e1-5&limit=20 Bearer secret-1",
    });
    expect(await scene.client.members()).toEqual({ count: 1, members: [] });
  });
});

describe("the remembered choice", () => {
  it("is written when the choice was free and read at the next visit", async () => {
    const choice = memoryChoice();
    choice.save("slow");
    const scene = new Scene({ transport: "auto", choice });
    await settle();
    expect(scene.slow.links).toHaveLength(1);
    expect(scene.fast.links).toHaveLength(0);
  });
});
