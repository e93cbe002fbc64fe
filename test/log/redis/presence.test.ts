import { expect, test } from "vitest";
import type { Attendee, SessionNews } from "../../../src/chat/log-port.ts";
import { type PresenceStore, RedisPresence } from "../../../src/log/redis/presence.ts";
import type { Answer, Op } from "../../../src/log/redis/scripts.ts";
import { asMember } from "../../support/cast.ts";
import { ManualWorld } from "../../support/manual-world.ts";

const RENEW_MS = 1_000;

/** Redis as presence sees it: it records operations and answers as the test says. */
class ScriptedStore implements PresenceStore {
  hearingForMs = Number.POSITIVE_INFINITY;
  answer: Answer = { kind: "done" };
  readonly ops: Op[] = [];
  readonly published: string[] = [];

  submit(op: Op): Promise<Answer> {
    this.ops.push(op);
    return Promise.resolve(this.answer);
  }

  reached(): Promise<void> {
    return Promise.resolve();
  }

  heard(): Promise<void> {
    return Promise.resolve();
  }

  publish(line: string): void {
    this.published.push(line);
  }

  count(op: Op["op"]): number {
    return this.ops.filter((each) => each.op === op).length;
  }
}

class Member implements Attendee {
  readonly author = { id: asMember("m1"), name: "Ada" };
  readonly via = "sse";
  presentForMs = 5_000;
  readonly news: SessionNews[] = [];

  onNews(news: SessionNews): void {
    this.news.push(news);
  }
}

function scene() {
  const world = new ManualWorld();
  const store = new ScriptedStore();
  const presence = new RedisPresence(world.core({ renewMs: RENEW_MS }), store);
  return { world, store, presence, member: new Member() };
}

test("a member with a reader is renewed each period, and an idle one is not", async () => {
  const { world, store, presence, member } = scene();
  await presence.join(member);
  expect(store.ops).toMatchObject([{ op: "join", deadlineMs: 7_000, via: "sse" }]);
  await world.advance(RENEW_MS * 3 + 100);
  expect(store.count("join")).toBe(4);
  for (let n = 0; n < 3; n += 1) {
    member.presentForMs -= RENEW_MS;
    await world.advance(RENEW_MS);
  }
  expect(store.count("join")).toBe(4);
  presence.stop();
});

test("nobody is made to leave until Redis has been in reach for a while", async () => {
  const { world, store, presence } = scene();
  store.hearingForMs = 0;
  presence.onDeadline(500);
  await world.advance(10_000);
  expect(store.count("reap")).toBe(0);
  store.hearingForMs = 2 * RENEW_MS;
  await world.advance(5_000);
  expect(store.count("reap")).toBe(1);
  presence.stop();
});

test("a member that another process made leave joins again while its session is in use here", async () => {
  const { store, presence, member } = scene();
  await presence.join(member);
  presence.onEvent({ type: "left", seq: 3, at: 1, member: member.author });
  expect(store.count("join")).toBe(2);
  await presence.leave(member, "idle");
  presence.onEvent({ type: "left", seq: 4, at: 1, member: member.author });
  expect([store.count("join"), store.count("leave")]).toEqual([2, 0]);
  presence.stop();
});

test("a session that was ended elsewhere is refused when it joins, and ends here too", async () => {
  const { store, presence, member } = scene();
  store.answer = { kind: "ended" };
  await expect(presence.join(member)).rejects.toMatchObject({ code: "session_unknown" });
  expect(member.news).toEqual([{ type: "ended" }]);
  expect(presence.inUse).toBe(false);
  presence.stop();
});

test("the grace of an older reader that was stored some time ago is shorter by that time", async () => {
  const { store, presence, member } = scene();
  const numbers = { newest: 2, older: 1, graceMs: 5_000 };
  store.answer = { kind: "done", numbers: { json: JSON.stringify({ numbers, via: "sse" }), ageMs: 2_000 } };
  await presence.join(member);
  expect(member.news).toEqual([{ type: "readers", numbers: { ...numbers, graceMs: 3_000 }, via: "sse" }]);
  presence.stop();
});
