import { describe, expect, it } from "vitest";
import { LinkError } from "../../src/transports/contract.ts";
import { callJson } from "../../src/transports/shared/client/http.ts";
import { attach, desk } from "./support/desk.ts";
import { json } from "./support/fake-api.ts";
import { settle } from "./support/manual-platform.ts";
import { bye, live, Scene } from "./support/scene.ts";

/** Lets the live link of `fast` be cut after `ms` of silence, and brings the next one up. */
async function cutInSilence(scene: Scene, ms: number): Promise<void> {
  await scene.platform.advance(ms);
  scene.fast.last.fail(new LinkError("cut by something"));
  await scene.platform.advance(1_000);
}

describe("what does not get through", () => {
  it("is left for the next and named in the state, with what was seen of it", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    scene.fast.last.fail(new LinkError("The upgrade was stripped."));
    await scene.platform.advance(3_000);
    expect(scene.slow.last.signal.aborted).toBe(true);
    scene.poll.last.prove();
    await settle();
    expect(scene.state).toMatchObject({
      kind: "live",
      transport: "poll",
      passedOver: [
        { transport: "fast", why: "The upgrade was stripped." },
        { transport: "slow", why: "The server has been silent for 3 s." },
      ],
    });
  });

  it("is no longer named once it is live", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    scene.slow.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ transport: "slow", passedOver: [{ transport: "fast" }] });
    for (const at of [15_000, 30_000, 45_000, 60_000]) {
      await scene.platform.advance(15_000);
      scene.slow.last.emit({ type: "idle", at });
    }
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ transport: "fast", since: { kind: "switched" } });
    expect(scene.state).not.toHaveProperty("passedOver");
  });

  it("is nobody's business where the transport was asked for by name", async () => {
    const scene = new Scene({ transport: "slow" });
    await settle();
    scene.slow.last.fail(new LinkError("cut"));
    await scene.platform.advance(1_000);
    scene.slow.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
    expect(scene.state).not.toHaveProperty("passedOver");
  });

  it("includes a stream that is cut whenever nobody speaks: twice, then others get their turn", async () => {
    const scene = await Scene.live({ transport: "auto" });
    await cutInSilence(scene, 10_000);
    expect(scene.fast.links).toHaveLength(2);
    scene.fast.last.emit(live("e1-5"));
    await cutInSilence(scene, 10_000);
    expect(scene.fast.links).toHaveLength(2);
    scene.slow.last.emit(live("e1-5"));
    await settle();
    const passedOver = [{ transport: "fast", why: "cut by something" }];
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow", passedOver });
    // To find out once more costs a cut or two, so it is not done every minute.
    for (let beat = 0; beat < 39; beat += 1) {
      await scene.platform.advance(15_000);
      scene.slow.last.emit({ type: "idle", at: 0 });
    }
    expect(scene.fast.links).toHaveLength(2);
    await scene.platform.advance(15_000);
    expect(scene.fast.links).toHaveLength(3);
  });

  it("includes a stream that brings its first events and then nothing", async () => {
    const scene = await Scene.live({ transport: "auto" });
    for (const links of [1, 2]) {
      expect(scene.fast.links).toHaveLength(links);
      await scene.platform.advance(35_000);
      expect(scene.fast.links[links - 1]?.signal.aborted).toBe(true);
      await scene.platform.advance(1_000);
      scene.fast.last.emit(live("e1-5"));
      await settle();
    }
    expect(scene.slow.links).toHaveLength(1);
  });

  it("is not what has carried two heartbeats, nor what the server itself has ended", async () => {
    const scene = await Scene.live({ transport: "auto" });
    for (let turn = 0; turn < 4; turn += 1) {
      for (let beat = 0; beat < 3; beat += 1) {
        await scene.platform.advance(15_000);
        scene.fast.last.emit({ type: "idle", at: 0 });
      }
      await settle();
      if (turn % 2 === 0) scene.fast.last.fail(new LinkError("cut"));
      else scene.fast.last.emit(bye("drain"));
      await scene.platform.advance(1_000);
      scene.fast.last.emit(live("e1-5"));
      await settle();
    }
    expect(scene.fast.links).toHaveLength(5);
    expect(scene.slow.links).toHaveLength(0);
  });

  it("includes polls that are cut in each hold, whatever their first answers prove", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    scene.slow.last.fail(new LinkError("cut"));
    await settle();
    scene.poll.last.prove();
    await scene.platform.advance(2_000);
    scene.poll.last.fail(new LinkError("504"));
    await scene.platform.advance(500);
    expect(scene.poll.links).toHaveLength(1);
    expect(scene.state).toMatchObject({ kind: "reconnecting" });
  });
});

describe("what a cache has stored", () => {
  const call = { base: attach.base, session: attach.session, path: "api/members" };

  it("is never asked for: no two requests are alike, but those that change something", async () => {
    const { platform, request, lifetime } = desk();
    const asked = [call, call, { ...call, path: "api/commands", method: "POST", body: {} } as const];
    for (const [index, one] of asked.entries()) {
      platform.chance = index / 10;
      void callJson(platform, one, lifetime.signal).catch(() => undefined);
    }
    await settle();
    const [first, second, posted] = asked.map((_, index) => request(index).url.searchParams.get("t"));
    expect(first).toMatch(/^[0-9a-z]{1,7}$/);
    expect(second).not.toBe(first);
    expect(posted).toBeNull();
    lifetime.abort();
  });

  it.each([
    ["12", false],
    ["0", true],
    ["soon", true],
  ])("is not taken for the server's answer: Age %s", async (age, taken) => {
    const { platform, request, lifetime } = desk();
    const outcome = callJson(platform, call, lifetime.signal).catch((error: unknown) => error);
    await settle();
    await request(0).answer(json(200, { count: 1 }, { age }));
    if (taken) expect(await outcome).toEqual({ count: 1 });
    else expect(await outcome).toMatchObject({ name: "LinkError", message: expect.stringContaining("12 s old") });
  });
});
