import { describe, expect, test } from "vitest";
import { SendError } from "../../src/client/types.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { settle } from "./support/manual-platform.ts";
import { bye, live, message, Scene } from "./support/scene.ts";

describe("when a link ends", () => {
  test.each([
    { reason: "superseded", because: { kind: "superseded" } },
    { reason: "left", because: { kind: "left" } },
    { reason: "expired", because: { kind: "expired" } },
  ] as const)("`bye` $reason ends the client for good", async ({ reason, because }) => {
    const scene = await Scene.live();
    scene.fast.last.emit(bye(reason));
    await settle();
    expect(scene.state).toEqual({ kind: "closed", because });
    expect(scene.platform.pending).toBe(0);
  });

  test.each([
    ["drain", "draining"],
    ["slow_consumer", "lost"],
  ] as const)(
    "`bye` %s makes the client reconnect when the server asked it to, with the reason in the state",
    async (reason, kind) => {
      const scene = await Scene.live();
      await scene.platform.advance(5_000);
      scene.fast.last.emit(bye(reason, 3_000));
      await settle();
      expect(scene.state).toMatchObject({ kind: "reconnecting", transport: "fast", inMs: 3_250, because: { kind } });
      await scene.platform.advance(3_250);
      expect(scene.fast.links).toHaveLength(2);
    },
  );

  test("the backoff grows with each failure and is reset by a link that lasted", async () => {
    const scene = await Scene.live();
    await scene.platform.advance(5_000);
    scene.fast.last.fail(new LinkError("cut"));
    const waits: (number | null)[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      await settle();
      const { state } = scene;
      if (state.kind !== "reconnecting") throw new Error(`unexpectedly ${state.kind}`);
      waits.push(state.inMs);
      await scene.platform.advance(state.inMs ?? 0);
      scene.fast.last.fail(new LinkError("cut again"));
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000]);
    await scene.platform.advance(4_000);
    scene.fast.last.emit(live("e1-5"));
    await scene.platform.advance(1_000);
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    expect(scene.state).toMatchObject({ inMs: 250, attempt: 1 });
  });

  test("the wait is at most 1 s, however often, after links that end as soon as they are live", async () => {
    const scene = await Scene.live();
    scene.platform.chance = 0.999999;
    const waits: (number | null)[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      scene.fast.last.fail(new LinkError("cut"));
      await settle();
      const { state } = scene;
      if (state.kind !== "reconnecting") throw new Error(`unexpectedly ${state.kind}`);
      waits.push(state.inMs);
      await scene.platform.advance(state.inMs ?? 0);
      scene.fast.last.emit(live("e1-5"));
      await settle();
    }
    expect(waits).toEqual([500, 1_000, 1_000, 1_000]);
  });

  test("the client opens a new session when the old one is gone, and pending messages fail", async () => {
    const scene = await Scene.live();
    const pending = scene.client.send("hello");
    const outcome = expect(pending).rejects.toBeInstanceOf(SendError);
    await settle();
    scene.fast.last.emit(message(6));
    await settle();
    scene.fast.last.fail(new LinkError("cut"));
    await scene.platform.advance(250);
    scene.fast.last.fail(new ProtocolError("session_unknown"));
    await outcome;
    await settle();
    expect(scene.fast.last.attach).toMatchObject({ session: "secret-2", after: "e1-6" });
    scene.fast.last.emit(live("e1-6"));
    await settle();
    expect(scene.client.member).toMatchObject({ id: "m2" });
    expect(scene.state).toMatchObject({ kind: "live", since: { kind: "resumed" } });
    expect(scene.fast.last.commands).toEqual([]);
  });

  test("the client does not open session after session at full speed", async () => {
    const scene = await Scene.live();
    for (let turn = 0; turn < 3; turn += 1) {
      scene.fast.last.fail(new ProtocolError("session_unknown"));
      await settle();
    }
    expect(scene.api.count("POST api/sessions")).toBe(2);
    await scene.platform.advance(20_000);
    expect(scene.api.count("POST api/sessions")).toBe(3);
  });

  test("a command refused because the session is gone makes the client open a new one", async () => {
    const scene = await Scene.live();
    const outcome = expect(scene.client.send("hello")).rejects.toBeInstanceOf(SendError);
    await settle();
    scene.fast.last.commands[0]?.fail(new ProtocolError("session_unknown"));
    await outcome;
    await settle();
    expect(scene.fast.last.attach.session).toBe("secret-2");
  });

  test("a link that is refused for good closes the client, with the error", async () => {
    const scene = await Scene.live();
    scene.fast.last.fail(new ProtocolError("not_allowed"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "closed", because: { kind: "refused", code: "not_allowed" } });
  });
});
