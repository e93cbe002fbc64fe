import assert from "node:assert/strict";
import type { Gap, Live } from "../../../src/protocol/events.ts";
import { asCursor } from "../../support/cast.ts";
import { until } from "../../support/wait.ts";
import type { AttachedReader } from "../harness.ts";
import type { Scenarios } from "../scenario.ts";
import { assertDense, sayAll, texts, untilTexts } from "./steps.ts";

const gapsOf = (reader: AttachedReader): Gap[] =>
  reader.queue.all.filter((event): event is Gap => event.type === "gap");
const livesOf = (reader: AttachedReader): Live[] =>
  reader.queue.all.filter((event): event is Live => event.type === "live");

export const attaching: Scenarios = {
  "attach-at-head": async ({ server, room }) => {
    const ada = await server.openSession(room);
    await sayAll(server, ada.session, ["before"]);
    const reader = await server.attach(ada.session);
    await sayAll(server, ada.session, ["after"]);
    await reader.queue.waitForText("after");
    assert.deepEqual(reader.queue.texts, ["after"]);
  },

  "resume-after-cut": async ({ start, room }) => {
    const server = await start({ batchEvents: 3 });
    const ada = await server.openSession(room);
    const first = await server.attach(ada.session, { after: ada.cursor });
    await sayAll(server, ada.session, texts("seen", 5));
    await untilTexts(first, 5);
    first.cut();
    await sayAll(server, ada.session, texts("missed", 8));
    const second = await server.attach(ada.session, { after: first.queue.cursor });
    await sayAll(server, ada.session, ["the last"]);
    await second.queue.waitForText("the last");
    assert.deepEqual(
      [...first.queue.texts, ...second.queue.texts],
      [...texts("seen", 5), ...texts("missed", 8), "the last"],
    );
  },

  "resume-at-head": async ({ server, room }) => {
    const ada = await server.openSession(room);
    await sayAll(server, ada.session, texts("before", 3));
    const { cursor } = await server.current(ada.session);
    const reader = await server.attach(ada.session, { after: cursor });
    await sayAll(server, ada.session, ["after"]);
    await reader.queue.waitForText("after");
    assert.deepEqual(reader.queue.texts, ["after"]);
    assert.deepEqual(gapsOf(reader), []);
  },

  "resume-from-start": async ({ server, room }) => {
    const ada = await server.openSession(room);
    await sayAll(server, ada.session, texts("message", 15));
    const reader = await server.attach(ada.session, { after: asCursor(`${ada.epoch}-0`) });
    assert.deepEqual(await untilTexts(reader, 15), texts("message", 15));
    assertDense(reader.queue.durable, 1);
    assert.equal(reader.queue.durable[0]?.type, "joined");
  },

  "attach-race": async ({ server, room }) => {
    const ada = await server.openSession(room, "Ada");
    const grace = await server.openSession(room, "Grace");
    await sayAll(server, ada.session, texts("old", 20));
    const said = texts("old", 20);
    for (let round = 1; round <= 5; round += 1) {
      const during = texts(`round ${round}`, 12);
      const saying = sayAll(server, ada.session, during);
      const reader = await server.attach(grace.session, { after: grace.cursor });
      await saying;
      said.push(...during);
      await reader.queue.waitForText(during.at(-1) ?? "");
      assert.deepEqual(reader.queue.texts, said);
      assertDense(reader.queue.durable);
      reader.abort();
    }
  },

  "live-once": async ({ server, room }) => {
    const ada = await server.openSession(room);
    await sayAll(server, ada.session, texts("old", 10));
    const reader = await server.attach(ada.session, { after: ada.cursor });
    await sayAll(server, ada.session, ["new"]);
    await reader.queue.waitForText("new");
    const [live, ...others] = livesOf(reader);
    assert.deepEqual(others, []);
    const at = reader.queue.all.findIndex((event) => event.type === "live");
    const before = reader.queue.all.slice(0, at).filter((event) => "seq" in event).length;
    assert.equal(live?.replayed, before);
    // The tenth message may still be unflushed when the reader attaches. It then comes right after `live`.
    assert.ok(before >= 9, `${before} of 10 were replayed before \`live\``);
  },

  "idle-stream": async ({ start, room }) => {
    const heartbeatMs = 200;
    const server = await start({ heartbeatMs });
    const ada = await server.openSession(room);
    assert.equal(ada.heartbeatMs, heartbeatMs);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const idles = (): number => reader.queue.all.filter((event) => event.type === "idle").length;
    const begun = performance.now();
    await reader.queue.until("a first idle", () => idles() >= 1);
    await reader.queue.until("two more", () => idles() >= 3);
    const took = performance.now() - begun;
    assert.ok(took >= 2 * heartbeatMs, `three idles took ${Math.round(took)} ms`);
    assert.deepEqual(
      reader.queue.durable.filter((event) => event.type === "left"),
      [],
    );
  },

  "gap-overrun": async ({ start, room }) => {
    const server = await start({ replayEvents: 20, batchEvents: 6 });
    const ada = await server.openSession(room);
    const old = ada.cursor;
    await sayAll(server, ada.session, texts("message", 50));
    const reader = await server.attach(ada.session, { after: old });
    await reader.queue.waitForText("message 50");
    const [gap, ...others] = gapsOf(reader);
    assert.deepEqual(others, []);
    // One `joined` and 50 messages, of which the window holds 20.
    assert.deepEqual(gap, { type: "gap", cursor: `${ada.epoch}-31`, missed: 30 });
    assert.equal(
      reader.queue.all.find((event) => event.type === "gap" || "seq" in event),
      gap,
    );
    assert.deepEqual(reader.queue.texts, texts("message", 50).slice(30));
    assertDense(reader.queue.durable, 32);
  },

  "gap-epoch": async ({ server, room }) => {
    const ada = await server.openSession(room);
    await sayAll(server, ada.session, texts("message", 3));
    const reader = await server.attach(ada.session, { after: asCursor("elsewher-2") });
    await reader.queue.waitForText("message 3");
    assert.deepEqual(gapsOf(reader), [{ type: "gap", cursor: `${ada.epoch}-0`, missed: null }]);
    assertDense(reader.queue.durable, 1);
  },

  "gap-future": async ({ server, room }) => {
    const ada = await server.openSession(room);
    await sayAll(server, ada.session, texts("message", 3));
    const reader = await server.attach(ada.session, { after: asCursor(`${ada.epoch}-1000`) });
    await reader.queue.waitForText("message 3");
    const gaps = gapsOf(reader);
    assert.equal(gaps.length, 1);
    assert.equal(gaps[0]?.cursor, `${ada.epoch}-0`);
    assertDense(reader.queue.durable, 1);
    await until("the reader to be at the head", () => reader.queue.cursor === `${ada.epoch}-4`);
  },

  "cursor-garbage": async ({ server, room }) => {
    const { session, epoch } = await server.openSession(room);
    for (const after of [
      "",
      "x",
      "-",
      `${epoch}`,
      `${epoch}-`,
      `${epoch}--1`,
      `${epoch}-01`,
      `${epoch}-1.5`,
      `${epoch}-1e3`,
      "UPPER-1",
    ]) {
      assert.equal(await server.refusal({ session, after }), "malformed", `the cursor "${after}"`);
    }
    assert.equal(await server.refusal({ session, after: `${epoch}-${"9".repeat(16)}` }), "malformed");
  },

  "session-missing": async ({ server }) => {
    assert.equal(await server.refusal({}), "session_missing");
  },

  "session-forged": async ({ server, room }) => {
    const { session } = await server.openSession(room);
    const flipped = `${session.slice(0, -2)}${session.endsWith("AA") ? "BB" : "AA"}`;
    for (const forged of ["nonsense", `${session}x`, flipped, `.${session.split(".")[1]}`, "..", "a.b.c"]) {
      assert.equal(await server.refusal({ session: forged }), "session_unknown", `the session ${forged}`);
    }
  },
};
