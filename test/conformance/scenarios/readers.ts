import assert from "node:assert/strict";
import type { Ending } from "../../support/queue.ts";
import { until } from "../../support/wait.ts";
import type { Scenarios } from "../scenario.ts";
import { retryWhileSlow, sayAll, texts, untilTexts } from "./steps.ts";

/** Checks that a reader ended as superseded: by `bye`, or by the refusal of its next poll. */
function assertSuperseded(end: Ending): void {
  if (end.kind === "bye") assert.deepEqual(end, { kind: "bye", reason: "superseded", retry: false });
  else assert.equal(end.kind === "failed" && end.code, "superseded");
}

export const severalReaders: Scenarios = {
  "newest-wins": async ({ start, room }) => {
    const supersedeMs = 400;
    const server = await start({ supersedeMs });
    const ada = await server.openSession(room);
    const older = await server.attach(ada.session, { after: ada.cursor, reader: 1 });
    const begun = performance.now();
    const newer = await server.attach(ada.session, { after: ada.cursor, reader: 2 });
    assertSuperseded(await older.queue.waitForEnd());
    const took = performance.now() - begun;
    assert.ok(took >= supersedeMs * 0.75, `it took ${Math.round(took)} ms`);
    await sayAll(server, ada.session, ["to the newest"]);
    await newer.queue.waitForText("to the newest");
    assert.equal(newer.queue.ending, null);
    assert.equal(older.queue.texts.includes("to the newest"), false);
  },

  "both-during-grace": async ({ server, room }) => {
    const ada = await server.openSession(room);
    const older = await server.attach(ada.session, { after: ada.cursor, reader: 1 });
    const newer = await server.attach(ada.session, { after: ada.cursor, reader: 2 });
    await sayAll(server, ada.session, texts("to both", 3));
    assert.deepEqual(await untilTexts(older, 3), texts("to both", 3));
    assert.deepEqual(await untilTexts(newer, 3), texts("to both", 3));
  },

  "lower-refused": async ({ start, room }) => {
    const server = await start({ supersedeMs: 100 });
    const ada = await server.openSession(room);
    const older = await server.attach(ada.session, { after: ada.cursor, reader: 3 });
    const newer = await server.attach(ada.session, { after: ada.cursor, reader: 4 });
    await older.queue.waitForEnd();
    for (const reader of [1, 2, 3]) {
      assert.equal(
        await server.refusal({ session: ada.session, after: ada.cursor, reader }),
        "superseded",
        `reader ${reader}`,
      );
    }
    await sayAll(server, ada.session, ["still here"]);
    await newer.queue.waitForText("still here");
  },

  "older-goes-on": async ({ start, room }) => {
    await retryWhileSlow([1_500, 6_000, 24_000], async (supersedeMs) => {
      const server = await start({ supersedeMs });
      const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
      const older = await server.attach(ada.session, { after: ada.cursor, reader: 1 });
      const begun = performance.now();
      const newer = await server.attach(ada.session, { after: ada.cursor, reader: 2 });
      newer.cut();
      await until("the server to have noticed the cut", () => server.control?.connections() === 1);
      const stalledMs = performance.now() - begun;
      // Grace's session goes through the same grace period, started later: when hers is over, so is Ada's.
      const witness = await server.attach(grace.session, { after: grace.cursor, reader: 1 });
      await server.attach(grace.session, { after: grace.cursor, reader: 2 });
      assertSuperseded(await witness.queue.waitForEnd());
      await sayAll(server, grace.session, ["after the grace period"]);
      return {
        stalledMs,
        async check() {
          await older.queue.waitForText("after the grace period");
          assert.equal(older.queue.ending, null);
        },
      };
    });
  },

  "bye-last": async ({ server, room }) => {
    const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const other = await server.attach(grace.session, { after: grace.cursor });
    const speaking = sayAll(server, grace.session, texts("meanwhile", 20));
    await server.end(ada.session);
    const end = await reader.queue.waitForEnd();
    await speaking;
    await other.queue.waitForText("meanwhile 20");
    const byes = reader.queue.all.filter((event) => event.type === "bye");
    if (end.kind === "bye") {
      assert.equal(end.reason, "left");
      assert.equal(byes.length, 1);
      assert.equal(reader.queue.all.at(-1), byes[0]);
    } else {
      // A poller between two polls can't be sent `bye`: its next poll is refused.
      assert.equal(end.kind === "failed" && end.code, "session_unknown");
      assert.deepEqual(byes, []);
    }
  },
};
