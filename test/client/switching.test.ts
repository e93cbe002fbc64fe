import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { settle } from "./support/manual-platform.ts";
import { bye, live, message, Scene } from "./support/scene.ts";

describe("switching", () => {
  it("keeps the old link until the new one is live, and feeds both into one order", async () => {
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

  it("stays where it is when the new link fails, and says why", async () => {
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

  it("gives up a new link that stays silent", async () => {
    const scene = await Scene.live();
    const switched = expect(scene.client.switchTo("slow")).rejects.toBeInstanceOf(LinkError);
    await scene.platform.advance(10_000);
    await switched;
    expect(scene.slow.last.signal.aborted).toBe(true);
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast" });
  });

  it("says how a new link ended that was live for no time", async () => {
    const scene = await Scene.live();
    const switched = expect(scene.client.switchTo("slow")).rejects.toThrow("drain");
    await settle();
    scene.slow.last.emit(live("e1-5"), bye("drain"));
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast" });
  });

  it("takes a new number for every try, so that the server gives the old link its grace anew", async () => {
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

  it("lets the last of several switches win", async () => {
    const scene = await Scene.live();
    const first = expect(scene.client.switchTo("slow")).rejects.toThrow("given up");
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

  it("is done at once where it is already", async () => {
    const scene = await Scene.live();
    await scene.client.switchTo("fast");
    expect(scene.fast.links).toHaveLength(1);
  });

  it("rejects a transport that does not exist between the two", async () => {
    const scene = await Scene.live();
    await expect(scene.client.switchTo("pigeon")).rejects.toBeInstanceOf(RangeError);
  });

  it("is saved by the new link when the old one dies first", async () => {
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

  it("is of no more use once the member has left", async () => {
    const scene = await Scene.live();
    const switched = expect(scene.client.switchTo("slow")).rejects.toBeInstanceOf(LinkError);
    await settle();
    scene.fast.last.emit(bye("left"));
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "left" } });
    await switched;
  });

  it("goes back to the old transport under a higher number when both links die", async () => {
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

  it("sends what was in flight on the old link again on the new one, under the same id", async () => {
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

  it("while nothing is live decides the next attempt and resolves when that is", async () => {
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

  it("replaces an attempt under way, and an earlier wish", async () => {
    const scene = new Scene();
    await settle();
    const first = expect(scene.client.switchTo("poll")).rejects.toThrow("given up");
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
