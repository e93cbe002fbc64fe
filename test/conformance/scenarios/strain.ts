import assert from "node:assert/strict";
import type { SessionToken } from "../../../src/protocol/ids.ts";
import { say } from "../../support/ids.ts";
import { PATIENCE_MS, pace, within } from "../../support/wait.ts";
import type { TestServer } from "../harness.ts";
import type { Scenarios } from "../scenario.ts";
import { assertDense, sayAll, sendUntilAccepted, texts, untilTexts } from "./steps.ts";

const LARGE = "🚀".repeat(3_990);
/** This many messages of 16 KiB are more than the buffers of two loopback connections and a proxy can take. */
const MOST_MESSAGES = 3_000;

/** Sends large texts, several at a time, until `enough` returns true. Resolves to their number. */
async function flood(server: TestServer, session: SessionToken, enough: () => boolean): Promise<number> {
  let said = 0;
  while (!enough()) {
    assert.ok(said < MOST_MESSAGES, `${MOST_MESSAGES} messages of 16 KiB have changed nothing`);
    const some = Array.from({ length: 20 }, (_, n) => say(`${LARGE}${said + n}`));
    await Promise.all(some.map((command) => sendUntilAccepted((it) => server.execute(session, it), command)));
    said += some.length;
    await pace(2);
  }
  return said;
}

export const strain: Scenarios = {
  "slow-reader": async ({ start, room }) => {
    const server = await start({ slowBytes: 4 * 1_048_576, slowMs: 60_000, byeMs: 200, replayBytes: 4 * 1_048_576 });
    const { control } = server;
    assert.ok(control !== null);
    const ada = await server.openSession(room, "Ada");
    const grace = await server.openSession(room, "Grace");
    const slow = await server.attach(ada.session, { after: ada.cursor });
    slow.hold();
    let most = 0;
    await flood(server, grace.session, () => {
      most = Math.max(most, control.queuedBytes());
      return control.connections() === 0;
    });
    // One batch of at most 256 KiB may have been on its way, and nothing more.
    assert.ok(most > 0 && most < 600_000, `the server queued ${most} bytes for a reader that stopped reading`);
    slow.release();
    const end = await slow.queue.waitForEnd();
    assert.ok(end.kind !== "bye" || (end.reason === "slow_consumer" && end.retry), JSON.stringify(end));
  },

  "slow-others": async ({ start, room }) => {
    const server = await start({ slowMs: 60_000, slowBytes: 256 * 1_048_576, replayBytes: 64 * 1_048_576 });
    const { control } = server;
    assert.ok(control !== null);
    const ada = await server.openSession(room, "Ada");
    const grace = await server.openSession(room, "Grace");
    const slow = await server.attach(ada.session, { after: ada.cursor });
    const quick = await server.attach(grace.session, { after: ada.cursor });
    slow.hold();
    let said = await flood(server, grace.session, () => control.queuedBytes() > 0);
    for (const text of texts("once it was full", 30)) await sayAll(server, grace.session, [text]);
    said += 30;
    assert.equal((await untilTexts(quick, said)).length, said);
    assertDense(quick.queue.durable);
    assert.ok(slow.queue.texts.length < said);
    // The slow reader loses nothing either, as long as the window has its events: it catches up.
    slow.release();
    assert.deepEqual(await untilTexts(slow, said), quick.queue.texts);
    assertDense(slow.queue.durable);
  },

  "drain-bye": async ({ start, room, harness }) => {
    const server = await start();
    const ada = await server.openSession(room, "Ada");
    const grace = await server.openSession(room, "Grace");
    const readers = [
      await server.attach(ada.session, { after: ada.cursor }),
      await server.attach(grace.session, { after: grace.cursor }),
    ];
    await within("the drain", server.control?.drain() ?? Promise.reject(new Error("no control")));
    for (const { queue } of readers) {
      const end = await queue.waitForEnd();
      // A poller between two polls gets a refusal, or no answer at all. A stream always gets `bye`.
      const between = !harness.traits.has("streaming");
      const refused = between && end.kind === "failed" && (end.code === "draining" || end.code === null);
      assert.ok(end.kind === "bye" ? end.reason === "drain" && end.retry : refused, JSON.stringify(end));
      const byes = queue.all.filter((event) => event.type === "bye");
      assert.equal(byes.length, end.kind === "bye" ? 1 : 0);
    }
  },

  "drain-refuses": async ({ start, room }) => {
    const server = await start({ drainMs: 3_000, byeMs: 1_500 });
    const ada = await server.openSession(room);
    const grace = await server.openSession(room, "Grace");
    const held = await server.attach(ada.session, { after: ada.cursor });
    held.hold();
    const draining = server.control?.drain() ?? Promise.reject(new Error("no control"));
    const refusal = await server.refusal({ session: grace.session }).catch((error: unknown) => error);
    assert.ok(refusal === "draining" || refusal instanceof Error, `new readers are answered ${String(refusal)}`);
    held.release();
    await within("the drain", draining);
  },

  "drain-deadline": async ({ start, room }) => {
    const drainMs = 1_500;
    // Anything else that could end the drain takes longer than this test waits.
    const long = 10 * PATIENCE_MS;
    const server = await start({ drainMs, byeMs: long, slowMs: long, slowBytes: 1e9, replayBytes: 64 * 1_048_576 });
    const { control } = server;
    assert.ok(control !== null);
    const ada = await server.openSession(room);
    const stuck = await server.attach(ada.session, { after: ada.cursor });
    stuck.hold();
    // A held poll is answered with the first message, into buffers that nobody empties.
    await flood(server, ada.session, () => control.queuedBytes() > 0 || control.connections() === 0);
    await within("the drain", control.drain());
  },

  "keep-alive": async ({ start, room }) => {
    const server = await start();
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    for (const text of texts("message", 10)) {
      await sayAll(server, ada.session, [text]);
      await reader.queue.waitForText(text);
      await pace(1);
    }
    assert.ok(reader.connections <= 2, `ten polls in a row took ${reader.connections} connections`);
  },
};
