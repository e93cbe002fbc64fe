import { describe, expect, it } from "vitest";
import { memoryChoice } from "../../src/client/chooser.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { settle } from "./support/manualPlatform.ts";
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

  it("without a network waits for it, and then is the only one tried", async () => {
    const scene = new Scene();
    scene.client.setOnline(false);
    await settle();
    scene.client.setOnline(true);
    await settle();
    scene.client.setOnline(false);
    await settle();
    const tried = scene.fast.links.length;
    const switched = scene.client.switchTo("slow");
    await settle();
    expect(scene.slow.links).toHaveLength(0);
    scene.client.setOnline(true);
    await settle();
    scene.slow.last.emit(live("e1-5"));
    await switched;
    expect(scene.fast.links).toHaveLength(tried);
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

describe("choosing by itself", () => {
  it("can be gone back to: at once towards the best, or with whatever comes first when nothing is live", async () => {
    const scene = new Scene({ transport: "slow" });
    await settle();
    const free = scene.client.switchTo("auto");
    scene.slow.last.emit(live("e1-5"));
    await free;
    await scene.platform.advance(60_000);
    const next = await Scene.live({ transport: "fast" });
    const moved = next.client.switchTo("slow");
    await settle();
    next.slow.last.emit(live("e1-5"));
    await moved;
    await next.client.switchTo("auto");
    await next.platform.advance(0);
    next.fast.last.emit(live("e1-5"));
    await settle();
    expect(next.state).toMatchObject({ kind: "live", transport: "fast" });
  });

  it("gives each 3 s to prove itself, and remembers what worked", async () => {
    const choice = memoryChoice();
    const scene = new Scene({ transport: "auto", choice });
    await scene.platform.advance(2_999);
    expect(scene.state).toEqual({ kind: "connecting", transport: "fast" });
    await scene.platform.advance(1);
    expect(scene.fast.last.signal.aborted).toBe(true);
    expect(scene.state).toEqual({ kind: "connecting", transport: "slow" });
    scene.slow.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow", since: { kind: "fresh" } });
    expect(choice.load()).toBe("slow");
  });

  it("does not cut short a replay that is under way", async () => {
    const scene = new Scene({ transport: "auto" });
    await scene.platform.advance(2_000);
    scene.fast.last.emit(message(6));
    await scene.platform.advance(2_000);
    scene.fast.last.emit(message(7), live("e1-7", 2));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast" });
  });

  it("backs off once all have failed", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    for (const transport of [scene.fast, scene.slow, scene.poll]) {
      transport.last.fail(new LinkError("cut"));
      await settle();
    }
    expect(scene.state).toEqual({ kind: "reconnecting", transport: "fast", inMs: 250, attempt: 1 });
  });

  it("closes only when every transport is refused for good", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    for (const transport of [scene.fast, scene.slow, scene.poll]) {
      expect(scene.state.kind).toBe("connecting");
      transport.last.fail(new ProtocolError("not_found"));
      await settle();
    }
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_found" } });
  });

  it("tries a better one every 60 s, quietly, and goes over when that is live", async () => {
    const choice = memoryChoice();
    choice.save("slow");
    const scene = new Scene({ transport: "auto", choice });
    await settle();
    scene.slow.last.emit(live("e1-5"));
    await settle();
    const alive = async (ms: number) => {
      for (let left = ms; left > 0; left -= 15_000) {
        await scene.platform.advance(Math.min(15_000, left));
        scene.slow.last.emit({ type: "idle", at: 0 });
        await settle();
      }
    };
    await alive(60_000);
    expect(scene.fast.links).toHaveLength(1);
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow", switchingTo: null });
    await alive(3_000);
    expect(scene.fast.last.signal.aborted).toBe(true);
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
    await alive(60_000);
    expect(scene.fast.links).toHaveLength(2);
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast", since: { kind: "switched", from: "slow" } });
    expect(choice.load()).toBe("fast");
    await scene.platform.advance(34_000);
    expect(scene.platform.waits.length).toBe(1);
  });

  it("tries another transport after the one that worked has failed twice", async () => {
    const scene = await Scene.live({ transport: "auto" });
    await scene.platform.advance(2_000);
    scene.fast.last.fail(new LinkError("cut"));
    for (const links of [2, 3]) {
      await scene.platform.advance(1_000);
      expect(scene.fast.links).toHaveLength(links);
      expect(scene.slow.links).toHaveLength(0);
      scene.fast.last.fail(new LinkError("cut"));
    }
    await scene.platform.advance(2_000);
    expect(scene.slow.links).toHaveLength(1);
  });

  it("leaves no timer behind when closed while it tries a better one", async () => {
    const choice = memoryChoice();
    choice.save("poll");
    const scene = new Scene({ transport: "auto", choice });
    await settle();
    scene.poll.last.prove();
    await scene.platform.advance(60_000);
    expect(scene.fast.links).toHaveLength(1);
    scene.client.close();
    await settle();
    expect(scene.platform.pending).toBe(0);
    await scene.platform.advance(120_000);
    expect(scene.fast.links).toHaveLength(1);
  });
});

describe("a hidden page", () => {
  it("goes over to the transport that does not wake it, and back when it is seen", async () => {
    const scene = new Scene({ transport: "poll" });
    await settle();
    scene.poll.last.prove();
    await settle();
    scene.client.setVisible(false);
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll", switchingTo: null });
    scene.slow.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
    scene.client.setVisible(true);
    await settle();
    scene.poll.last.prove();
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll" });
  });

  it("hurries an attempt when it is seen again", async () => {
    const scene = await Scene.live();
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    scene.client.setVisible(true);
    await settle();
    expect(scene.fast.links).toHaveLength(2);
  });
});
