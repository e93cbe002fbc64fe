import assert from "node:assert/strict";
import type { ErrorCode } from "../../../src/protocol/errors.ts";
import { freshId, say } from "../../support/ids.ts";
import { pace } from "../../support/wait.ts";
import type { Harness } from "../harness.ts";
import type { Scenarios } from "../scenario.ts";
import { retryWhileSlow, sayAll, sendUntilAccepted, texts } from "./steps.ts";

/** Fails a test whose commands are never refused. */
const MOST_SENT = 20;

/** The nodes that a reader's commands reach: a duplex connection is to one of them, POSTs take turns. */
const nodesOf = ({ nodes, traits }: Harness): number => (traits.has("duplex") ? 1 : nodes);

export const commands: Scenarios = {
  "echo-id": async ({ server, room }) => {
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const id = freshId();
    await reader.execute(say("mine", id));
    const message = await reader.queue.waitForText("mine");
    assert.equal(message.id, id);
    assert.deepEqual(message.from, { id: ada.member.id, name: "Ada" });
  },

  "reply-seq": async ({ server, room }) => {
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    for (const text of ["one", "two", "three"]) {
      const reply = await reader.execute(say(text));
      assert.equal(reply.type, "ok");
      assert.equal(reply.type === "ok" && reply.seq, (await reader.queue.waitForText(text)).seq);
    }
  },

  "retry-same-id": async ({ server, room }) => {
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const command = say("once");
    const first = await reader.execute(command);
    assert.equal(first.type, "ok");
    assert.deepEqual(await reader.execute(command), first);
    assert.deepEqual(await reader.execute({ ...command, text: "another text under the same id" }), first);
    await sayAll(server, ada.session, ["the last"]);
    await reader.queue.waitForText("the last");
    assert.deepEqual(reader.queue.texts, ["once", "the last"]);
  },

  "retry-elsewhere": async ({ server, room }) => {
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const [there, here] = [say("there first"), say("here first")];
    assert.deepEqual(await server.execute(ada.session, there), await reader.execute(there));
    assert.deepEqual(await reader.execute(here), await server.execute(ada.session, here));
    await sayAll(server, ada.session, ["the last"]);
    await reader.queue.waitForText("the last");
    assert.deepEqual(reader.queue.texts, ["there first", "here first", "the last"]);
  },

  "retry-in-flight": async ({ server, room }) => {
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const command = say("at once");
    const replies = await Promise.all([
      reader.execute(command),
      server.execute(ada.session, command),
      server.execute(ada.session, command),
    ]);
    assert.equal(new Set(replies.map((reply) => JSON.stringify(reply))).size, 1);
    assert.equal(replies[0].type, "ok");
    await sayAll(server, ada.session, ["the last"]);
    await reader.queue.waitForText("the last");
    assert.deepEqual(reader.queue.texts, ["at once", "the last"]);
  },

  "retry-per-member": async ({ server, room }) => {
    const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const id = freshId();
    await reader.execute(say("Ada's", id));
    await server.execute(grace.session, say("Grace's", id));
    await reader.queue.waitForText("Grace's");
    assert.deepEqual(reader.queue.texts, ["Ada's", "Grace's"]);
  },

  "text-limit": async ({ server, room }) => {
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const longest = "🚀".repeat(4_000);
    assert.equal((await reader.execute(say(longest))).type, "ok");
    assert.equal((await reader.queue.waitForText(longest)).text, longest);
    const command = say(`${longest}a`);
    const refused = await reader.execute(command);
    assert.equal(refused.type === "refused" && refused.code, "unprocessable");
    assert.equal(refused.id, command.id);
    assert.equal(refused.type === "refused" && refused.retry, false);
  },

  "rate-limit": async ({ start, room, harness }) => {
    const [nodes, burst] = [nodesOf(harness), 3];
    await retryWhileSlow([200, 1_000, 5_000], async (tokenMs) => {
      const server = await start({ commandRate: { perSecond: 1_000 / tokenMs, burst } });
      const ada = await server.openSession(room);
      const reader = await server.attach(ada.session, { after: ada.cursor });
      const begun = performance.now();
      const replies = await Promise.all(texts("message", nodes * burst + 1).map((text) => reader.execute(say(text))));
      return {
        stalledMs: performance.now() - begun,
        async check() {
          const refused = replies.find((reply) => reply.type === "refused");
          const taken = replies.filter((reply) => reply.type === "ok").length;
          assert.ok(taken >= burst && taken <= nodes * burst, `${nodes} nodes took ${taken} commands`);
          assert.ok(refused?.type === "refused");
          assert.equal(refused.code, "too_many");
          assert.equal(refused.retry, true);
          const waitMs = refused.retryAfterMs ?? 0;
          assert.ok(waitMs > 0 && waitMs <= tokenMs, `${waitMs} ms to wait where a token comes every ${tokenMs} ms`);
          await pace(waitMs + 5);
          const later = say("later");
          if (nodes === 1) assert.equal((await reader.execute(later)).type, "ok");
          // Another node may have refused later than this one.
          else await sendUntilAccepted((command) => reader.execute(command), later);
        },
      };
    });
  },

  "rate-limit-after-dedupe": async ({ start, room, harness }) => {
    const server = await start({ commandRate: { perSecond: 0.01, burst: 1 } });
    const ada = await server.openSession(room);
    const reader = await server.attach(ada.session, { after: ada.cursor });
    const command = say("the one");
    const first = await reader.execute(command);
    assert.equal(first.type, "ok");
    const refused: ErrorCode[] = [];
    // In turns, so that each node's limit is used up.
    for (let sent = 0; refused.length < nodesOf(harness); sent += 1) {
      assert.ok(sent < MOST_SENT, `${sent} commands were taken`);
      const other = await reader.execute(say("one too many"));
      if (other.type === "refused") refused.push(other.code);
    }
    assert.deepEqual([...new Set(refused)], ["too_many"]);
    for (const _ of refused) assert.deepEqual(await reader.execute(command), first);
  },

  leave: async ({ server, room }) => {
    const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
    const leaving = await server.attach(ada.session, { after: ada.cursor });
    const staying = await server.attach(grace.session, { after: grace.cursor });
    const id = freshId();
    assert.equal((await leaving.execute({ type: "leave", id })).type, "ok");
    const left = await staying.queue.waitFor("left", (event) => event.type === "left");
    assert.equal(left.type === "left" && left.member.id, ada.member.id);
    const end = await leaving.queue.waitForEnd();
    assert.ok(
      end.kind === "bye"
        ? end.reason === "left" && !end.retry
        : end.kind === "failed" && end.code === "session_unknown",
    );
    assert.equal(await server.refusal({ session: ada.session }), "session_unknown");
    assert.equal(await server.refusal({ session: grace.session }), null);
  },

  "leave-by-delete": async ({ server, room }) => {
    const [ada, grace] = await Promise.all([server.openSession(room, "Ada"), server.openSession(room, "Grace")]);
    const leaving = await server.attach(ada.session, { after: ada.cursor });
    const staying = await server.attach(grace.session, { after: grace.cursor });
    await server.end(ada.session);
    await staying.queue.waitFor("left", (event) => event.type === "left" && event.member.id === ada.member.id);
    await leaving.queue.waitForEnd();
    assert.equal(await server.refusal({ session: ada.session }), "session_unknown");
    await assert.rejects(server.current(ada.session), { code: "session_unknown" });
    await sendUntilAccepted((command) => server.execute(grace.session, command), say("still here"));
    await staying.queue.waitForText("still here");
    assert.equal(staying.queue.durable.filter((event) => event.type === "left").length, 1);
  },
};
