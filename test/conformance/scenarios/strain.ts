import assert from "node:assert/strict";
import type { SessionToken } from "../../../src/protocol/ids.ts";
import { say } from "../../support/ids.ts";
import { PATIENCE_MS, pace, within } from "../../support/wait.ts";
import type { Site } from "../arm.ts";
import { verifies } from "../verifies.ts";
import { assertDense, insist, sayAll, texts, untilTexts } from "./steps.ts";

const LARGE = "🚀".repeat(3_990);
/** More than the buffers of two loopback connections and a proxy can take, some 16 KiB each. */
const FLOOD = 3_000;

/** Says large texts, several at a time, until `enough`; resolves to how many. */
async function flood(site: Site, session: SessionToken, enough: () => boolean): Promise<number> {
  let said = 0;
  while (!enough()) {
    assert.ok(said < FLOOD, `${FLOOD} messages of 16 KiB have changed nothing`);
    const some = Array.from({ length: 20 }, (_, n) => say(`${LARGE}${said + n}`));
    await Promise.all(some.map((command) => insist((it) => site.execute(session, it), command)));
    said += some.length;
    await pace(2);
  }
  return said;
}

verifies("slow-reader", async ({ start, room }) => {
  const site = await start({ slowBytes: 4 * 1_048_576, slowMs: 60_000, byeMs: 200, replayBytes: 4 * 1_048_576 });
  const { control } = site;
  assert.ok(control !== null);
  const ada = await site.openSession(room, "Ada");
  const grace = await site.openSession(room, "Grace");
  const slow = await site.attach(ada.session, { after: ada.cursor });
  slow.hold();
  let most = 0;
  await flood(site, grace.session, () => {
    most = Math.max(most, control.queuedBytes());
    return control.connections() === 0;
  });
  // One batch of at most 256 KiB may have been on its way, and nothing more.
  assert.ok(most > 0 && most < 600_000, `the server held ${most} bytes for a reader that takes nothing`);
  slow.release();
  const end = await slow.queue.waitForEnd();
  assert.ok(end.kind !== "bye" || (end.reason === "slow_consumer" && end.retry), JSON.stringify(end));
});

verifies("slow-others", async ({ start, room }) => {
  const site = await start({ slowMs: 60_000, slowBytes: 256 * 1_048_576, replayBytes: 64 * 1_048_576 });
  const { control } = site;
  assert.ok(control !== null);
  const ada = await site.openSession(room, "Ada");
  const grace = await site.openSession(room, "Grace");
  const slow = await site.attach(ada.session, { after: ada.cursor });
  const quick = await site.attach(grace.session, { after: ada.cursor });
  slow.hold();
  let said = await flood(site, grace.session, () => control.queuedBytes() > 0);
  for (const text of texts("once it was full", 30)) await sayAll(site, grace.session, [text]);
  said += 30;
  assert.equal((await untilTexts(quick, said)).length, said);
  assertDense(quick.queue.numbered);
  assert.ok(slow.queue.texts.length < said);
  // Having been slow costs the slow one nothing either, while its place is held: it catches up.
  slow.release();
  assert.deepEqual(await untilTexts(slow, said), quick.queue.texts);
  assertDense(slow.queue.numbered);
});

verifies("drain-bye", async ({ start, room, arm }) => {
  const site = await start();
  const ada = await site.openSession(room, "Ada");
  const grace = await site.openSession(room, "Grace");
  const downs = [
    await site.attach(ada.session, { after: ada.cursor }),
    await site.attach(grace.session, { after: grace.cursor }),
  ];
  await within("the drain", site.control?.drain() ?? Promise.reject(new Error("no control")));
  for (const { queue } of downs) {
    const end = await queue.waitForEnd();
    // A poller between two polls finds a server that refuses, or none at all. A stream is there to be told.
    const between = !arm.traits.has("streaming");
    const refused = between && end.kind === "failed" && (end.code === "draining" || end.code === null);
    assert.ok(end.kind === "bye" ? end.reason === "drain" && end.retry : refused, JSON.stringify(end));
    const byes = queue.all.filter((event) => event.type === "bye");
    assert.equal(byes.length, end.kind === "bye" ? 1 : 0);
  }
});

verifies("drain-refuses", async ({ start, room }) => {
  const site = await start({ drainMs: 3_000, byeMs: 1_500 });
  const ada = await site.openSession(room);
  const grace = await site.openSession(room, "Grace");
  const held = await site.attach(ada.session, { after: ada.cursor });
  held.hold();
  const draining = site.control?.drain() ?? Promise.reject(new Error("no control"));
  const refusal = await site.refusal({ session: grace.session }).catch((error: unknown) => error);
  assert.ok(refusal === "draining" || refusal instanceof Error, `new readers are answered ${String(refusal)}`);
  held.release();
  await within("the drain", draining);
});

verifies("drain-deadline", async ({ start, room }) => {
  const drainMs = 1_500;
  // Anything else that could end the drain takes longer than this test waits.
  const long = 10 * PATIENCE_MS;
  const site = await start({ drainMs, byeMs: long, slowMs: long, slowBytes: 1e9, replayBytes: 64 * 1_048_576 });
  const { control } = site;
  assert.ok(control !== null);
  const ada = await site.openSession(room);
  const stuck = await site.attach(ada.session, { after: ada.cursor });
  stuck.hold();
  // A poll that was held is answered by the first of it, into the buffers that nobody empties.
  await flood(site, ada.session, () => control.queuedBytes() > 0 || control.connections() === 0);
  await within("the drain", control.drain());
});

verifies("keep-alive", async ({ start, room }) => {
  const site = await start();
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  for (const text of texts("message", 10)) {
    await sayAll(site, ada.session, [text]);
    await down.queue.waitForText(text);
    await pace(1);
  }
  assert.ok(down.connections <= 2, `ten polls in a row took ${down.connections} connections`);
});
