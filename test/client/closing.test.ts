import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { SendError } from "../../src/client/types.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { settle } from "./support/manual-platform.ts";
import { bye, Scene } from "./support/scene.ts";

describe("closing", () => {
  test("close() leaves no timer, listener, link or pending promise behind", async () => {
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

  test.each([
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
  ])("close() works %s", async (_when, begin) => {
    const scene = await begin();
    scene.client.close();
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "closed" } });
    expect(scene.platform.pending).toBe(0);
    expect([...scene.fast.links].every(({ signal }) => signal.aborted)).toBe(true);
  });

  test("a client closes when its signal is aborted", async () => {
    const controller = new AbortController();
    const scene = await Scene.live({ signal: controller.signal });
    controller.abort();
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "closed" } });
    expect(scene.platform.pending).toBe(0);
  });

  test("leave() ends the session and tries again if the network fails", async () => {
    const scene = await Scene.live();
    scene.api.once("DELETE api/sessions/current", () => Promise.reject(new TypeError("cut")));
    const left = scene.client.leave();
    await scene.platform.advance(250);
    await left;
    expect(scene.api.count("DELETE api/sessions/current")).toBe(2);
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "left" } });
  });

  test("leave() succeeds as well if `bye` comes before the response", async () => {
    const scene = await Scene.live();
    scene.api.once("DELETE api/sessions/current", async () => {
      scene.fast.last.emit(bye("left"));
      await settle();
      return Promise.reject(new TypeError("aborted"));
    });
    await scene.client.leave();
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "left" } });
  });
});
