import { describe, expect, it } from "vitest";
import { memoryChoice } from "../../src/client/transport-choice.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { settle } from "./support/manual-platform.ts";
import { live, message, Scene } from "./support/scene.ts";

/** A scene whose client is live on `poll` by free choice and has begun to try `fast`. */
async function trying(): Promise<Scene> {
  const choice = memoryChoice();
  choice.save("poll");
  const scene = new Scene({ transport: "auto", choice });
  await settle();
  scene.poll.last.prove();
  await scene.platform.advance(60_000);
  expect(scene.fast.links).toHaveLength(1);
  return scene;
}

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
    expect(scene.state).toMatchObject({ kind: "connecting", transport: "slow", because: { kind: "timed_out" } });
    scene.slow.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow", since: { kind: "fresh" } });
    expect(choice.load()).toBe("slow");
  });

  it("does not remember what was asked for by name", async () => {
    const choice = memoryChoice();
    const scene = await Scene.live({ transport: "auto", choice });
    const switched = scene.client.switchTo("poll");
    await settle();
    scene.poll.last.prove();
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll" });
    expect(choice.load()).toBe("fast");
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
    expect(scene.state).toMatchObject({ kind: "reconnecting", transport: "fast", inMs: 250, attempt: 1 });
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

  it("does not close before the last one has been tried, though the one that worked is refused twice", async () => {
    const scene = await Scene.live({ transport: "auto" });
    for (const transport of [scene.fast, scene.fast, scene.slow]) {
      transport.last.fail(new ProtocolError("not_allowed"));
      await scene.platform.advance(1_000);
    }
    expect(scene.poll.links).toHaveLength(1);
    scene.poll.last.fail(new ProtocolError("not_allowed"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_allowed" } });
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
    for (let beat = 0; beat < 3; beat += 1) {
      await scene.platform.advance(15_000);
      scene.fast.last.emit({ type: "idle", at: 0 });
    }
    await settle();
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

  it("gives up trying a better one when one is asked for by name", async () => {
    const scene = await trying();
    const switched = scene.client.switchTo("slow");
    await settle();
    expect(scene.fast.last.signal.aborted).toBe(true);
    expect(scene.slow.links).toHaveLength(1);
    scene.slow.last.emit(live("e1-5"));
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
  });

  it("makes way for what a hidden page needs, and goes on where that can't be had", async () => {
    const scene = await trying();
    scene.client.setVisible(false);
    await settle();
    expect(scene.fast.last.signal.aborted).toBe(true);
    expect(scene.slow.links).toHaveLength(1);
    scene.slow.last.fail(new LinkError("cut"));
    await scene.platform.advance(60_000);
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll" });
    expect(scene.fast.links).toHaveLength(2);
  });

  it("leaves no timer behind when closed while it tries a better one", async () => {
    const scene = await trying();
    scene.client.close();
    await settle();
    expect(scene.platform.pending).toBe(0);
    await scene.platform.advance(120_000);
    expect(scene.fast.links).toHaveLength(1);
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
