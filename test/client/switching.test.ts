import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { settle } from "./support/manual-platform.ts";
import { bye, live, message, Scene } from "./support/scene.ts";

describe("switching", () => {
  test("a switch keeps the old link until the new one is live, and both feed one ordered stream", async () => {
    const scene = await Scene.live();
    const switched = scene.client.switchTo("slow");
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast", switchingTo: "slow" });
    expect(scene.slow.last.attach).toMatchObject({ after: "e1-5", reader: 2 });
    scene.fast.last.emit(message(6));
    scene.slow.last.emit(message(6), message(7));
    scene.fast.last.emit(message(7), message(8));
    await settle();
    expect(scene.fast.last.signal.aborted).toBe(false);
    scene.slow.last.emit(live("e1-7", 2));
    await switched;
    await settle();
    expect(scene.fast.last.signal.aborted).toBe(true);
    scene.slow.last.emit(message(8), message(9));
    await settle();
    expect(scene.seqs).toEqual([6, 7, 8, 9]);
    expect(scene.state).toMatchObject({
      kind: "live",
      transport: "slow",
      since: { kind: "switched", from: "fast", replayed: 2 },
      switchingTo: null,
    });
  });

  test("a switch whose new link fails rejects, and the old link stays", async () => {
    const scene = await Scene.live();
    const switched = expect(scene.client.switchTo("slow")).rejects.toMatchObject({ code: "overloaded" });
    await settle();
    scene.slow.last.fail(new ProtocolError("overloaded"));
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast", switchingTo: null });
    scene.fast.last.emit(message(6));
    await settle();
    expect(scene.seqs).toEqual([6]);
  });

  test("a switch abandons a new link that stays silent", async () => {
    const scene = await Scene.live();
    const switched = expect(scene.client.switchTo("slow")).rejects.toBeInstanceOf(LinkError);
    await scene.platform.advance(10_000);
    await switched;
    expect(scene.slow.last.signal.aborted).toBe(true);
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast" });
  });

  test("a switch rejects with the reason if the new link ends as soon as it is live", async () => {
    const scene = await Scene.live();
    const switched = expect(scene.client.switchTo("slow")).rejects.toThrow("drain");
    await settle();
    scene.slow.last.emit(live("e1-5"), bye("drain"));
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast" });
  });

  test("each switch has a new link number, so that the server renews the old link's grace", async () => {
    const scene = await Scene.live();
    for (const reader of [2, 3]) {
      const switched = expect(scene.client.switchTo("slow")).rejects.toBeInstanceOf(LinkError);
      await settle();
      expect(scene.slow.last.attach.reader).toBe(reader);
      scene.slow.last.fail(new LinkError("cut"));
      await switched;
    }
    expect(scene.client.resumption?.reader).toBe(3);
  });

  test("the last of several switches wins", async () => {
    const scene = await Scene.live();
    const first = expect(scene.client.switchTo("slow")).rejects.toThrow("cancelled");
    await settle();
    const second = scene.client.switchTo("poll");
    await first;
    expect(scene.slow.last.signal.aborted).toBe(true);
    await settle();
    expect(scene.poll.last.attach.reader).toBe(3);
    scene.poll.last.prove();
    await second;
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll" });
  });

  test("a switch to the present transport succeeds at once", async () => {
    const scene = await Scene.live();
    await scene.client.switchTo("fast");
    expect(scene.fast.links).toHaveLength(1);
  });

  test("a switch to a transport that one end lacks rejects", async () => {
    const scene = await Scene.live();
    await expect(scene.client.switchTo("pigeon")).rejects.toBeInstanceOf(RangeError);
  });

  test("a switch continues if the old link ends first", async () => {
    const scene = await Scene.live();
    const switched = scene.client.switchTo("slow");
    await settle();
    scene.fast.last.emit(bye("superseded"));
    await settle();
    expect(scene.state.kind).toBe("reconnecting");
    scene.slow.last.emit(live("e1-5"));
    await switched;
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
    expect(scene.fast.links).toHaveLength(1);
  });

  test("a switch rejects once the member has left", async () => {
    const scene = await Scene.live();
    const switched = expect(scene.client.switchTo("slow")).rejects.toBeInstanceOf(LinkError);
    await settle();
    scene.fast.last.emit(bye("left"));
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "left" } });
    await switched;
  });

  test("the client reconnects by the old transport with a higher number if both links end", async () => {
    const scene = await Scene.live();
    const switched = expect(scene.client.switchTo("slow")).rejects.toBeInstanceOf(LinkError);
    await settle();
    scene.fast.last.emit(bye("superseded"));
    await settle();
    scene.slow.last.fail(new LinkError("cut"));
    await switched;
    await scene.platform.advance(250);
    expect(scene.fast.last.attach.reader).toBe(3);
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast" });
  });

  test("a switch sends the message in flight again on the new link, under the same id", async () => {
    const scene = await Scene.live();
    const sent = scene.client.send("hello", { id: "c-1" });
    const switched = scene.client.switchTo("slow");
    await settle();
    scene.slow.last.emit(live("e1-5"));
    await switched;
    expect(scene.slow.last.commands.map(({ command }) => command.id)).toEqual(["c-1"]);
    scene.slow.last.emit(message(6, "c-1", "m1"));
    expect(await sent).toBe(6);
  });

  test("a switch while nothing is live decides the next attempt and resolves once it is live", async () => {
    const scene = await Scene.live();
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    expect(scene.state.kind).toBe("reconnecting");
    const switched = scene.client.switchTo("slow");
    await settle();
    scene.slow.last.emit(live("e1-5"));
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
    expect(scene.fast.links).toHaveLength(1);
  });

  test("a switch replaces the attempt in progress and an earlier switch", async () => {
    const scene = new Scene();
    await settle();
    const first = expect(scene.client.switchTo("poll")).rejects.toThrow("cancelled");
    await settle();
    expect(scene.fast.last.signal.aborted).toBe(true);
    const second = scene.client.switchTo("slow");
    await first;
    await settle();
    scene.slow.last.emit(live("e1-5"));
    await second;
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
  });
});
