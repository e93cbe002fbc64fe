import assert from "node:assert/strict";
import { freshId, say } from "../../support/ids.ts";
import { pace } from "../../support/wait.ts";
import { verifies } from "../verifies.ts";
import { insist, keepingTime, sayAll } from "./steps.ts";

verifies("echo-id", async ({ site, room }) => {
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const id = freshId();
  await down.execute(say("mine", id));
  const message = await down.queue.waitForText("mine");
  assert.equal(message.id, id);
  assert.deepEqual(message.from, { id: ada.member.id, name: "Ada" });
});

verifies("reply-seq", async ({ site, room }) => {
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  for (const text of ["one", "two", "three"]) {
    const reply = await down.execute(say(text));
    assert.equal(reply.type, "ok");
    assert.equal(reply.type === "ok" && reply.seq, (await down.queue.waitForText(text)).seq);
  }
});

verifies("retry-same-id", async ({ site, room }) => {
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const command = say("once");
  const first = await down.execute(command);
  assert.equal(first.type, "ok");
  assert.deepEqual(await down.execute(command), first);
  assert.deepEqual(await down.execute({ ...command, text: "another text under the same id" }), first);
  await sayAll(site, ada.session, ["the last"]);
  await down.queue.waitForText("the last");
  assert.deepEqual(down.queue.texts, ["once", "the last"]);
});

verifies("retry-elsewhere", async ({ site, room }) => {
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const [there, here] = [say("there first"), say("here first")];
  assert.deepEqual(await site.execute(ada.session, there), await down.execute(there));
  assert.deepEqual(await down.execute(here), await site.execute(ada.session, here));
  await sayAll(site, ada.session, ["the last"]);
  await down.queue.waitForText("the last");
  assert.deepEqual(down.queue.texts, ["there first", "here first", "the last"]);
});

verifies("retry-in-flight", async ({ site, room }) => {
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const command = say("at once");
  const replies = await Promise.all([
    down.execute(command),
    site.execute(ada.session, command),
    site.execute(ada.session, command),
  ]);
  assert.equal(new Set(replies.map((reply) => JSON.stringify(reply))).size, 1);
  assert.equal(replies[0].type, "ok");
  await sayAll(site, ada.session, ["the last"]);
  await down.queue.waitForText("the last");
  assert.deepEqual(down.queue.texts, ["at once", "the last"]);
});

verifies("retry-per-member", async ({ site, room }) => {
  const [ada, grace] = await Promise.all([site.openSession(room, "Ada"), site.openSession(room, "Grace")]);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const id = freshId();
  await down.execute(say("Ada's", id));
  await site.execute(grace.session, say("Grace's", id));
  await down.queue.waitForText("Grace's");
  assert.deepEqual(down.queue.texts, ["Ada's", "Grace's"]);
});

verifies("text-limit", async ({ site, room }) => {
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const longest = "🚀".repeat(4_000);
  assert.equal((await down.execute(say(longest))).type, "ok");
  assert.equal((await down.queue.waitForText(longest)).text, longest);
  const command = say(`${longest}a`);
  const refused = await down.execute(command);
  assert.equal(refused.type === "refused" && refused.code, "unprocessable");
  assert.equal(refused.id, command.id);
  assert.equal(refused.type === "refused" && refused.retry, false);
});

verifies("rate-limit", async ({ start, room }) => {
  await keepingTime([200, 1_000, 5_000], async (tokenMs) => {
    const site = await start({ commandRate: { perSecond: 1_000 / tokenMs, burst: 3 } });
    const ada = await site.openSession(room);
    const down = await site.attach(ada.session, { after: ada.cursor });
    const begun = performance.now();
    const replies = await Promise.all([1, 2, 3, 4].map((n) => down.execute(say(`message ${n}`))));
    return {
      stalledMs: performance.now() - begun,
      async check() {
        const refused = replies.find((reply) => reply.type === "refused");
        assert.equal(replies.filter((reply) => reply.type === "ok").length, 3);
        assert.ok(refused?.type === "refused");
        assert.equal(refused.code, "too_many");
        assert.equal(refused.retry, true);
        const waitMs = refused.retryAfterMs ?? 0;
        assert.ok(waitMs > 0 && waitMs <= tokenMs, `${waitMs} ms to wait where a token comes every ${tokenMs} ms`);
        await pace(waitMs + 5);
        assert.equal((await down.execute(say("later"))).type, "ok");
      },
    };
  });
});

verifies("rate-limit-after-dedupe", async ({ start, room }) => {
  const site = await start({ commandRate: { perSecond: 0.01, burst: 1 } });
  const ada = await site.openSession(room);
  const down = await site.attach(ada.session, { after: ada.cursor });
  const command = say("the one");
  const first = await down.execute(command);
  assert.equal(first.type, "ok");
  const other = await down.execute(say("one too many"));
  assert.equal(other.type === "refused" && other.code, "too_many");
  assert.deepEqual(await down.execute(command), first);
});

verifies("leave", async ({ site, room }) => {
  const [ada, grace] = await Promise.all([site.openSession(room, "Ada"), site.openSession(room, "Grace")]);
  const leaving = await site.attach(ada.session, { after: ada.cursor });
  const staying = await site.attach(grace.session, { after: grace.cursor });
  const id = freshId();
  assert.equal((await leaving.execute({ type: "leave", id })).type, "ok");
  const left = await staying.queue.waitFor("left", (event) => event.type === "left");
  assert.equal(left.type === "left" && left.member.id, ada.member.id);
  const end = await leaving.queue.waitForEnd();
  assert.ok(
    end.kind === "bye" ? end.reason === "left" && !end.retry : end.kind === "failed" && end.code === "session_unknown",
  );
  assert.equal(await site.refusal({ session: ada.session }), "session_unknown");
  assert.equal(await site.refusal({ session: grace.session }), null);
});

verifies("leave-by-delete", async ({ site, room }) => {
  const [ada, grace] = await Promise.all([site.openSession(room, "Ada"), site.openSession(room, "Grace")]);
  const leaving = await site.attach(ada.session, { after: ada.cursor });
  const staying = await site.attach(grace.session, { after: grace.cursor });
  await site.end(ada.session);
  await staying.queue.waitFor("left", (event) => event.type === "left" && event.member.id === ada.member.id);
  await leaving.queue.waitForEnd();
  assert.equal(await site.refusal({ session: ada.session }), "session_unknown");
  await assert.rejects(site.current(ada.session), { code: "session_unknown" });
  await insist((command) => site.execute(grace.session, command), say("still here"));
  await staying.queue.waitForText("still here");
  assert.equal(staying.queue.numbered.filter((event) => event.type === "left").length, 1);
});
