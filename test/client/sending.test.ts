import { describe, expect, test } from "vitest";
import { SendError } from "../../src/client/types.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { asCommandId, asCursor } from "../support/cast.ts";
import { json } from "./support/fake-api.ts";
import { settle } from "./support/manual-platform.ts";
import { live, Scene } from "./support/scene.ts";

describe("sending", () => {
  test("send() resolves to the seq, measures the round trip, and retries under the same id on the next link", async () => {
    const scene = await Scene.live();
    const sent = scene.client.send("hello", { id: "c-1" });
    await settle();
    scene.fast.last.fail(new LinkError("cut"));
    await scene.platform.advance(250);
    scene.fast.last.emit(live("e1-5"));
    await scene.platform.advance(12);
    const [again] = scene.fast.last.commands;
    expect(again?.command).toEqual({ type: "say", id: "c-1", text: "hello" });
    again?.reply({ type: "ok", id: asCommandId("c-1"), seq: 6 });
    expect(await sent).toBe(6);
    expect(scene.state).toMatchObject({ roundTripMs: 12 });
  });

  test("send() rejects an invalid id, and everything once the client is closed", async () => {
    const scene = await Scene.live();
    await expect(scene.client.send("x", { id: "" })).rejects.toMatchObject({ code: "unprocessable" });
    scene.client.close();
    await expect(scene.client.send("x")).rejects.toBeInstanceOf(SendError);
  });

  test("send() rejects a message over the limit, which would close a WebSocket", async () => {
    const scene = await Scene.live();
    for (const text of ["x".repeat(4_001), "🚀".repeat(4_001), "x".repeat(100_000)])
      await expect(scene.client.send(text)).rejects.toMatchObject({ code: "unprocessable" });
    const longest = scene.client.send("🚀".repeat(4_000), { id: "c-1" });
    await settle();
    expect(scene.fast.last.commands).toHaveLength(1);
    scene.fast.last.commands[0]?.reply({ type: "ok", id: asCommandId("c-1"), seq: 6 });
    expect(await longest).toBe(6);
  });

  test("typing() sends at most one command in 3 s", async () => {
    const scene = await Scene.live();
    scene.client.typing();
    scene.client.typing();
    await scene.platform.advance(3_000);
    scene.client.typing();
    await settle();
    expect(scene.fast.last.commands.map(({ command }) => command.type)).toEqual(["typing", "typing"]);
  });
});

describe("asking", () => {
  test("history() and members() use the present session", async () => {
    const scene = await Scene.live();
    scene.api.once("GET api/history", ({ url, headers }) =>
      json(200, { events: [], cursor: null, asked: `${url.search} ${headers.get("authorization")}` }),
    );
    expect(await scene.client.history(asCursor("e1-5"), 20)).toEqual({
      events: [],
      cursor: null,
      asked: "?before=e1-5&limit=20&t=zik0zk Bearer secret-1",
    });
    expect(await scene.client.members()).toEqual({ count: 1, members: [] });
  });
});
