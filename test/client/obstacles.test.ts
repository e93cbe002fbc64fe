import { describe, expect, test } from "vitest";
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
  test("a transport that does not get through is passed over, and the state says why", async () => {
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

  test("a transport is no longer named as passed over once it is live", async () => {
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

  test("no transport is passed over if one was asked for by name", async () => {
    const scene = new Scene({ transport: "slow" });
    await settle();
    scene.slow.last.fail(new LinkError("cut"));
    await scene.platform.advance(1_000);
    scene.slow.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
    expect(scene.state).not.toHaveProperty("passedOver");
  });

  test("a stream that is cut in every silence gets a second chance, then other transports get their turn", async () => {
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

  test("a stream that delivers its first events and then nothing does not get through", async () => {
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

  test("a stream that carried two heartbeats or was ended by the server is not passed over", async () => {
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

  test("polls that are cut in each hold do not get through, though their first responses arrive", async () => {
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

  test("no two GET requests have the same URL, so a cache has no response for them", async () => {
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

  test.each([
    ["12", false],
    ["0", true],
    ["soon", true],
  ])("a response with Age %s is checked for being cached", async (age, taken) => {
    const { platform, request, lifetime } = desk();
    const outcome = callJson(platform, call, lifetime.signal).catch((error: unknown) => error);
    await settle();
    await request(0).answer(json(200, { count: 1 }, { age }));
    if (taken) expect(await outcome).toEqual({ count: 1 });
    else expect(await outcome).toMatchObject({ name: "LinkError", message: expect.stringContaining("12 s old") });
  });
});
