import assert from "node:assert/strict";
import type { Gap, Live } from "../../../src/protocol/events.ts";
import { asCursor } from "../../support/cast.ts";
import { until } from "../../support/wait.ts";
import type { Down } from "../arm.ts";
import { verifies } from "../verifies.ts";
import { assertDense, sayAll, texts, untilTexts } from "./steps.ts";

const gapsOf = (down: Down): Gap[] => down.queue.all.filter((event): event is Gap => event.type === "gap");
const livesOf = (down: Down): Live[] => down.queue.all.filter((event): event is Live => event.type === "live");

verifies("attach-at-head", async ({ site, room }) => {
  const ada = await site.openSession(room);
  await sayAll(site, ada.session, ["before"]);
  const down = await site.attach(ada.session);
  await sayAll(site, ada.session, ["after"]);
  await down.queue.waitForText("after");
  assert.deepEqual(down.queue.texts, ["after"]);
});

verifies("resume-after-cut", async ({ start, room }) => {
  const site = await start({ batchEvents: 3 });
  const ada = await site.openSession(room);
  const first = await site.attach(ada.session, { after: ada.cursor });
  await sayAll(site, ada.session, texts("seen", 5));
  await untilTexts(first, 5);
  first.cut();
  await sayAll(site, ada.session, texts("missed", 8));
  const second = await site.attach(ada.session, { after: first.queue.cursor });
  await sayAll(site, ada.session, ["the last"]);
  await second.queue.waitForText("the last");
  assert.deepEqual(
    [...first.queue.texts, ...second.queue.texts],
    [...texts("seen", 5), ...texts("missed", 8), "the last"],
  );
});

verifies("resume-at-head", async ({ site, room }) => {
  const ada = await site.openSession(room);
  await sayAll(site, ada.session, texts("before", 3));
  const { cursor } = await site.current(ada.session);
  const down = await site.attach(ada.session, { after: cursor });
  await sayAll(site, ada.session, ["after"]);
  await down.queue.waitForText("after");
  assert.deepEqual(down.queue.texts, ["after"]);
  assert.deepEqual(gapsOf(down), []);
});

verifies("resume-from-start", async ({ site, room }) => {
  const ada = await site.openSession(room);
  await sayAll(site, ada.session, texts("message", 15));
  const down = await site.attach(ada.session, { after: asCursor(`${ada.epoch}-0`) });
  assert.deepEqual(await untilTexts(down, 15), texts("message", 15));
  assertDense(down.queue.numbered, 1);
  assert.equal(down.queue.numbered[0]?.type, "joined");
});

verifies("attach-race", async ({ site, room }) => {
  const ada = await site.openSession(room, "Ada");
  const grace = await site.openSession(room, "Grace");
  await sayAll(site, ada.session, texts("old", 20));
  const said = texts("old", 20);
  for (let round = 1; round <= 5; round += 1) {
    const during = texts(`round ${round}`, 12);
    const saying = sayAll(site, ada.session, during);
    const down = await site.attach(grace.session, { after: grace.cursor });
    await saying;
    said.push(...during);
    await down.queue.waitForText(during.at(-1) ?? "");
    assert.deepEqual(down.queue.texts, said);
    assertDense(down.queue.numbered);
    down.abort();
  }
});

verifies("live-once", async ({ site, room }) => {
  const ada = await site.openSession(room);
  await sayAll(site, ada.session, texts("old", 10));
  const down = await site.attach(ada.session, { after: ada.cursor });
  await sayAll(site, ada.session, ["new"]);
  await down.queue.waitForText("new");
  const [live, ...others] = livesOf(down);
  assert.deepEqual(others, []);
  const at = down.queue.all.findIndex((event) => event.type === "live");
  const before = down.queue.all.slice(0, at).filter((event) => "seq" in event).length;
  assert.equal(live?.replayed, before);
  // The tenth may have been answered in this very turn, and be handed out to all right after `live`.
  assert.ok(before >= 9, `${before} of 10 were replayed before \`live\``);
});

verifies("idle-stream", async ({ start, room }) => {
  const heartbeatMs = 200;
  const site = await start({ heartbeatMs });
  const ada = await site.openSession(room);
  assert.equal(ada.heartbeatMs, heartbeatMs);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const idles = (): number => down.queue.all.filter((event) => event.type === "idle").length;
  const begun = performance.now();
  await down.queue.until("a first idle", () => idles() >= 1);
  await down.queue.until("two more", () => idles() >= 3);
  const took = performance.now() - begun;
  assert.ok(took >= 2 * heartbeatMs, `three idles took ${Math.round(took)} ms`);
  assert.deepEqual(
    down.queue.numbered.filter((event) => event.type === "left"),
    [],
  );
});

verifies("gap-overrun", async ({ start, room }) => {
  const site = await start({ replayEvents: 20, batchEvents: 6 });
  const ada = await site.openSession(room);
  const old = ada.cursor;
  await sayAll(site, ada.session, texts("message", 50));
  const down = await site.attach(ada.session, { after: old });
  await down.queue.waitForText("message 50");
  const [gap, ...others] = gapsOf(down);
  assert.deepEqual(others, []);
  // One `joined` and 50 messages, of which the window holds 20.
  assert.deepEqual(gap, { type: "gap", cursor: `${ada.epoch}-31`, missed: 30 });
  assert.equal(
    down.queue.all.find((event) => event.type === "gap" || "seq" in event),
    gap,
  );
  assert.deepEqual(down.queue.texts, texts("message", 50).slice(30));
  assertDense(down.queue.numbered, 32);
});

verifies("gap-epoch", async ({ site, room }) => {
  const ada = await site.openSession(room);
  await sayAll(site, ada.session, texts("message", 3));
  const down = await site.attach(ada.session, { after: asCursor("elsewher-2") });
  await down.queue.waitForText("message 3");
  assert.deepEqual(gapsOf(down), [{ type: "gap", cursor: `${ada.epoch}-0`, missed: null }]);
  assertDense(down.queue.numbered, 1);
});

verifies("gap-future", async ({ site, room }) => {
  const ada = await site.openSession(room);
  await sayAll(site, ada.session, texts("message", 3));
  const down = await site.attach(ada.session, { after: asCursor(`${ada.epoch}-1000`) });
  await down.queue.waitForText("message 3");
  const gaps = gapsOf(down);
  assert.equal(gaps.length, 1);
  assert.equal(gaps[0]?.cursor, `${ada.epoch}-0`);
  assertDense(down.queue.numbered, 1);
  await until("the reader to be at the head", () => down.queue.cursor === `${ada.epoch}-4`);
});

verifies("cursor-garbage", async ({ site, room }) => {
  const { session, epoch } = await site.openSession(room);
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
    assert.equal(await site.refusal({ session, after }), "malformed", `the cursor "${after}"`);
  }
  assert.equal(await site.refusal({ session, after: `${epoch}-${"9".repeat(16)}` }), "malformed");
});

verifies("session-missing", async ({ site }) => {
  assert.equal(await site.refusal({}), "session_missing");
});

verifies("session-forged", async ({ site, room }) => {
  const { session } = await site.openSession(room);
  const flipped = `${session.slice(0, -2)}${session.endsWith("AA") ? "BB" : "AA"}`;
  for (const forged of ["nonsense", `${session}x`, flipped, `.${session.split(".")[1]}`, "..", "a.b.c"]) {
    assert.equal(await site.refusal({ session: forged }), "session_unknown", `the session ${forged}`);
  }
});
