import { describe, expect, test } from "vitest";
import { LinkError } from "../../src/transports/contract.ts";
import { asCursor } from "../support/cast.ts";
import { settle } from "./support/manual-platform.ts";
import { live, message, Scene } from "./support/scene.ts";

describe("following", () => {
  test("a link that skips an event is replaced by one from the client's cursor", async () => {
    const scene = await Scene.live();
    const first = scene.fast.last;
    first.emit(message(6), message(6), message(8));
    await settle();
    expect(scene.seqs).toEqual([6]);
    expect(first.signal.aborted).toBe(true);
    await scene.platform.advance(250);
    expect(scene.fast.last.attach).toMatchObject({ after: "e1-6", reader: 2 });
    scene.fast.last.emit(message(7), message(8), live("e1-8", 2));
    await settle();
    expect(scene.seqs).toEqual([6, 7, 8]);
    expect(scene.state).toMatchObject({ since: { kind: "resumed", replayed: 2 } });
  });

  test("a `live` beyond the events that were sent ends the link", async () => {
    const scene = new Scene();
    await settle();
    scene.fast.last.emit(live("e1-9"));
    await settle();
    expect(scene.state.kind).toBe("reconnecting");
  });

  test("a gap is delivered and shown, and the client continues after it, also in another epoch", async () => {
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

  test("a gap of 0 events moves the client to another epoch without telling anybody", async () => {
    const scene = await Scene.live();
    scene.fast.last.emit({ type: "gap", cursor: asCursor("e2-5"), missed: 0 }, message(6));
    await settle();
    expect(scene.deliveries.map(({ event }) => event.type)).toEqual(["message"]);
    expect(scene.state.kind === "live" && scene.state.since.kind).not.toBe("gap");
    expect(scene.client.resumption?.cursor).toBe("e2-6");
  });

  test("the client is live once it has taken the replayed events, which have no latency", async () => {
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

  test("the client drops its own typing events and delivers those of others", async () => {
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

  test("latency is measured from send() for own messages, and by the server's clock for others", async () => {
    const scene = await Scene.live();
    const sent = scene.client.send("hello", { id: "mine" });
    await settle();
    await scene.platform.advance(40);
    scene.fast.last.emit({ ...message(6, "mine", "m1"), at: scene.platform.clock.wallNow() });
    expect(await sent).toBe(6);
    await settle();
    expect(scene.deliveries.at(-1)).toMatchObject({
      by: "fast",
      latencyMs: 40,
      receivedAt: scene.platform.clock.wallNow(),
    });
  });

  test("a stream is dead after a silence of two heartbeats and 5 s, not earlier", async () => {
    const scene = await Scene.live();
    await scene.platform.advance(34_999);
    scene.fast.last.emit({ type: "idle", at: 0 });
    await scene.platform.advance(34_999);
    expect(scene.state.kind).toBe("live");
    await scene.platform.advance(1);
    expect(scene.state).toMatchObject({ kind: "reconnecting", transport: "fast", attempt: 1 });
  });

  test("a client on a stream without an up-leg sends `alive` every 25 s", async () => {
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
