import { describe, expect, test } from "vitest";
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
  test("switchTo('auto') probes the best transport at once, or takes the first that works while nothing is live", async () => {
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

  test("auto gives each transport 3 s to prove itself and remembers the one that worked", async () => {
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

  test("a transport that was asked for by name is not remembered", async () => {
    const choice = memoryChoice();
    const scene = await Scene.live({ transport: "auto", choice });
    const switched = scene.client.switchTo("poll");
    await settle();
    scene.poll.last.prove();
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "poll" });
    expect(choice.load()).toBe("fast");
  });

  test("a replay in progress is not cut short by the proof's timeout", async () => {
    const scene = new Scene({ transport: "auto" });
    await scene.platform.advance(2_000);
    scene.fast.last.emit(message(6));
    await scene.platform.advance(2_000);
    scene.fast.last.emit(message(7), live("e1-7", 2));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast" });
  });

  test("the client backs off once all transports have failed", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    for (const transport of [scene.fast, scene.slow, scene.poll]) {
      transport.last.fail(new LinkError("cut"));
      await settle();
    }
    expect(scene.state).toMatchObject({ kind: "reconnecting", transport: "fast", inMs: 250, attempt: 1 });
  });

  test("the client closes only when every transport is refused for good", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    for (const transport of [scene.fast, scene.slow, scene.poll]) {
      expect(scene.state.kind).toBe("connecting");
      transport.last.fail(new ProtocolError("not_found"));
      await settle();
    }
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_found" } });
  });

  test("the client tries the last transport before it closes, even if the one that worked is refused twice", async () => {
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

  test("auto probes a better transport every 60 s, without showing it, and switches when it is live", async () => {
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

  test("auto tries another transport after the one that worked has failed twice", async () => {
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

  test("a switch by name stops a probe for a better transport", async () => {
    const scene = await trying();
    const switched = scene.client.switchTo("slow");
    await settle();
    expect(scene.fast.last.signal.aborted).toBe(true);
    expect(scene.slow.links).toHaveLength(1);
    scene.slow.last.emit(live("e1-5"));
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
  });

  test("a probe makes way for the move of a hidden page, and continues if that move fails", async () => {
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

  test("a client that is closed during a probe leaves no timer behind", async () => {
    const scene = await trying();
    scene.client.close();
    await settle();
    expect(scene.platform.pending).toBe(0);
    await scene.platform.advance(120_000);
    expect(scene.fast.links).toHaveLength(1);
  });
});

describe("the remembered choice", () => {
  test("auto stores its choice and reads it at the next visit", async () => {
    const choice = memoryChoice();
    choice.save("slow");
    const scene = new Scene({ transport: "auto", choice });
    await settle();
    expect(scene.slow.links).toHaveLength(1);
    expect(scene.fast.links).toHaveLength(0);
  });
});
