import { describe, expect, test } from "vitest";
import { asCursor, asSession } from "../support/cast.ts";
import { refusal } from "./support/fake-api.ts";
import { settle } from "./support/manual-platform.ts";
import { live, message, Scene } from "./support/scene.ts";

const LIVE = { kind: "live", transport: "fast" };

describe("opening", () => {
  test("connect() returns at once, opens a session, then a link from the session's cursor", async () => {
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

  test("the client retries after network faults and 503, respects Retry-After, and shows the wait", async () => {
    const scene = new Scene({}, ({ api }) => {
      api.once("POST api/sessions", () => Promise.reject(new TypeError("refused")));
      api.once("POST api/sessions", () => refusal(503, "overloaded", { "retry-after": "7" }));
      api.once("POST api/sessions", () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    });
    await settle();
    expect(scene.state).toMatchObject({ kind: "reconnecting", transport: "fast", inMs: 250, attempt: 1 });
    await scene.platform.advance(250);
    expect(scene.state).toMatchObject({ kind: "reconnecting", transport: "fast", inMs: 7_500, attempt: 2 });
    await scene.platform.advance(7_499);
    expect(scene.api.count("POST api/sessions")).toBe(2);
    await scene.platform.advance(1);
    expect(scene.api.count("POST api/sessions")).toBe(3);
    await scene.platform.advance(1_000);
    expect(await scene.client.opened).toMatchObject({ resumed: false });
  });

  test("a session refused for good rejects `opened` and closes the client", async () => {
    const scene = new Scene({}, ({ api }) => api.once("POST api/sessions", () => refusal(403, "not_allowed")));
    await expect(scene.client.opened).rejects.toMatchObject({ code: "not_allowed" });
    await settle();
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_allowed" } });
    expect(scene.platform.pending).toBe(0);
  });

  test("the client closes if the server offers no transport that it knows", async () => {
    const scene = new Scene({}, ({ api }) => api.transports.splice(0, 3, "carrier-pigeon"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_found" } });
  });

  test("connect() throws for an unknown transport and for an invalid room name", () => {
    expect(() => new Scene({ transport: "pigeon" })).toThrow(RangeError);
    expect(() => new Scene({ room: "No Room" })).toThrow(RangeError);
  });

  test.each([401, 404])("the client opens a new session if the one to resume gets status %i", async (status) => {
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

  test("a resumed session continues at its cursor with a higher link number, and shows what was replayed", async () => {
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
});
