import { afterAll, beforeAll, expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import type { Offer, Op, PastEpoch, StoredEvent } from "../../../src/log/redis/scripts.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { asEpoch } from "../../support/cast.ts";
import { until } from "../../support/wait.ts";
import { FIRST_EPOCH, join, leave, RedisRoom, RedisUnderTest, say } from "./redis-room.ts";

const E2 = asEpoch("e2");
const E3 = asEpoch("e3");
const E4 = asEpoch("e4");
/** Ms that remain of the settling period in its first half, in which nodes name their newest epoch, and in its second. */
const FIRST_HALF = 1_000;
const SECOND_HALF = 500;
const OVER = 0;

describeWith("a new epoch after the primary's history has changed", [redis], () => {
  let server: RedisUnderTest;
  beforeAll(async () => {
    server = await RedisUnderTest.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** A room whose primary has lost what a node still knows: all that was appended after the first 10 messages. */
  async function fork(...lost: readonly Op[]): Promise<{ room: RedisRoom; lostEvents: StoredEvent[] }> {
    const room = await RedisRoom.create(server);
    await room.append(...Array.from({ length: 10 }, (_, index) => say(`c${index + 1}`, `kept ${index + 1}`)));
    const lose = await room.save();
    await room.append(...lost);
    const { events } = await room.read({ after: 10 });
    await lose();
    await server.newHistory();
    return { room, lostEvents: [...events] };
  }

  test("nothing is appended or read before the epoch has begun, and readers are given the old epoch", async () => {
    const { room } = await fork();
    const create = { epoch: E2, keyHash: null };
    for (const options of [{ create: null }, { create }]) {
      const opened = await room.scripts.open(room.name, { ...options, after: null, events: 1, bytes: 1 });
      expect(opened).toEqual({ kind: "life", epoch: "e1" });
    }
    expect(await room.scripts.append(room.name, "n1", [say("c11")])).toEqual({ kind: "life" });
    await room.begin();
    expect(await room.scripts.append(room.name, "n1", [leave("ada")])).toEqual({ kind: "life" });
  });

  test("a room no node knows more of begins by itself a second later, once for all nodes", async () => {
    const { room } = await fork();
    const first = await room.begin();
    expect(first).toEqual({ kind: "wait", ms: 100, head: 10 });
    const begun = await until("the epoch", async () => {
      const answer = await room.begin();
      return answer.kind === "begun" ? answer : null;
    });
    expect(begun.snapshot).toMatchObject({
      epoch: "e2",
      began: 10,
      head: 10,
      past: [{ epoch: "e1", end: 10 }],
      events: [],
    });
    // Another node comes later, with another epoch.
    expect(await room.begin({ newEpoch: E3 })).toEqual(begun);
    expect((await room.append(say("c11"))).epoch).toBe("e2");
  });

  test("the new epoch is published, with the seq it begins after", async () => {
    const { room } = await fork();
    const subscriber = server.client.duplicate();
    subscriber.on("error", () => undefined);
    await subscriber.connect();
    const messages: string[] = [];
    await subscriber.sSubscribe(room.scripts.channelOf(room.name), (message) => messages.push(message));
    await room.begin();
    await room.offer(OVER, {});
    await until("the message", () => messages.length > 0);
    expect(messages).toEqual(["e2 0 n1\nte2 10"]);
    subscriber.destroy();
  });

  test.each([
    ["one that knows less", [1, 3]],
    ["one that knows more", [3, 1]],
  ])("messages that Redis has lost are put back by two nodes, first by %s", async (_first, counts) => {
    const { room, lostEvents } = await fork(say("c11", "lost 11"), say("c12", "lost 12"), say("c13", "lost 13"));
    const offers = counts.map((count) => ({ events: lostEvents.slice(0, count) }));
    await room.begin(offers[0]);
    // Not yet: another node may know a newer epoch, in which these events were lost.
    expect(await room.offer(FIRST_HALF, ...offers)).toEqual([10, 10].map((head) => ({ kind: "wait", ms: 100, head })));
    const waiting = await room.offer(SECOND_HALF, ...offers);
    expect(waiting.at(-1)).toEqual({ kind: "wait", ms: 100, head: 13 });
    const begun = await room.offer(OVER, ...offers);
    const past = [{ epoch: "e1", end: 13 }];
    for (const each of begun) expect(each).toMatchObject({ snapshot: { epoch: "e2", began: 13, head: 13, past } });
    expect((await room.read({ after: 10 })).events).toEqual(lostEvents);
    const { answers } = await room.append(say("c12"), say("c14"));
    expect(answers).toEqual([
      { kind: "again", seq: 12 },
      { kind: "stored", seq: 14 },
    ]);
  });

  test("a node that is the first to come after the settling period still puts back what it knows", async () => {
    const { room, lostEvents } = await fork(say("c11"));
    await room.begin();
    expect(await room.offer(OVER, { events: lostEvents })).toMatchObject([{ snapshot: { head: 11, began: 11 } }]);
  });

  test("lost events that are put back restore who is present, and no deadline counts for a minute", async () => {
    const { room, lostEvents } = await fork(join("ada", { via: "sse" }), join("bob"), leave("bob"));
    await room.begin();
    const [begun] = await room.offer(OVER, { events: lostEvents });
    expect(begun).toMatchObject({ snapshot: { members: [{ author: { id: "ada", name: "ada" }, via: "sse" }] } });
    if (begun?.kind !== "begun") throw new Error("not begun");
    expect(begun.snapshot.deadlineMs).toBeGreaterThan(50_000);
    const { m, w, u } = await room.expiries();
    expect([w, u]).toEqual([m, m]);
    await server.client.zAdd(room.key("u"), { score: 1, value: "ada" });
    expect((await room.read()).deadlineMs).toBeGreaterThan(0);
    expect((await room.append({ op: "reap" })).bodies).toEqual([]);
    await room.set({ grace: 1 });
    expect((await room.append({ op: "reap" })).bodies).toHaveLength(1);
  });

  test("events that do not follow the head, or that Redis has, are not put back", async () => {
    const { room, lostEvents } = await fork(say("c11"), say("c12"), say("c13"));
    await room.begin();
    const { events } = {
      events: [{ seq: 10, body: '{"type":"left","seq":10,"at":1,"member":{"id":"x","name":"x"}}' }],
    };
    await room.offer(SECOND_HALF, { events: lostEvents.slice(1) }, { events });
    expect(await room.offer(OVER, {})).toMatchObject([{ snapshot: { head: 10, began: 10 } }]);
    expect((await room.texts()).at(-1)).toBe("kept 10");
  });

  test("an undone event stays undone: the newer of two epochs that nodes know counts, in either order", async () => {
    const orders = [
      [0, 1],
      [1, 0],
    ] as const;
    for (const order of orders) {
      const room = await RedisRoom.create(server);
      await room.append(say("c1"), say("c2"), say("c3"));
      const lose = await room.save();
      // One node has seen two events of the first epoch that no other node knows.
      await room.append(say("undone-4", "undone"), say("undone-5", "undone"));
      const undone: Partial<Offer> = { newEpoch: E3, events: [...(await room.read({ after: 3 })).events] };
      await lose();
      await server.newHistory();
      await room.begin();
      await room.offer(OVER, { newEpoch: E2 });
      await room.append(say("c4", "new"), say("c5", "new"), say("c6", "new"));
      const past: readonly PastEpoch[] = [{ epoch: FIRST_EPOCH, end: 3 }];
      const newer: Partial<Offer> = {
        newEpoch: E4,
        epoch: E2,
        past,
        events: [...(await room.read({ after: 3 })).events],
      };
      // A replica older than the second epoch becomes the primary.
      await lose();
      await server.newHistory();
      const offers = order.map((index) => [undone, newer][index] ?? {});
      await room.begin(offers[0]);
      await room.offer(FIRST_HALF, ...offers);
      await room.offer(SECOND_HALF, ...offers);
      const [begun] = await room.offer(OVER, ...offers);
      expect(begun).toMatchObject({ snapshot: { began: 6, past: [{ epoch: "e2", end: 6 }, ...past] } });
      expect(await room.texts()).toEqual(["hi", "hi", "hi", "new", "new", "new"]);
      expect((await room.append(say("undone-4"), say("c6"))).answers).toEqual([
        { kind: "stored", seq: 7 },
        { kind: "again", seq: 6 },
      ]);
    }
  });

  test("an epoch that branched off before events that Redis holds is not taken over", async () => {
    const { room } = await fork();
    const branched = { epoch: E3, past: [{ epoch: FIRST_EPOCH, end: 8 }] };
    const events = [9, 10, 11].map((seq) => ({
      seq,
      body: `{"type":"left","seq":${seq},"at":1,"member":{"id":"x","name":"x"}}`,
    }));
    await room.begin({ ...branched, events });
    await room.offer(SECOND_HALF, { ...branched, events });
    expect(await room.offer(OVER, {})).toMatchObject([{ snapshot: { head: 10, past: [{ epoch: "e1", end: 10 }] } }]);
  });

  test("an epoch's name is never used again, and the 32 newest of those past are kept with their ends", async () => {
    const room = await RedisRoom.create(server);
    let epoch = FIRST_EPOCH;
    const past: PastEpoch[] = [];
    for (let index = 1; index <= 34; index += 1) {
      await room.append(say(`c${index}`));
      past.unshift({ epoch, end: index });
      await server.newHistory();
      for (const used of [epoch, past.at(-1)?.epoch ?? epoch]) {
        if (past.length <= 33) await expect(room.begin({ newEpoch: used, epoch })).rejects.toThrow(/^EPOCH /);
      }
      const newEpoch = asEpoch(`n${index}`);
      await room.begin({ newEpoch, epoch });
      await room.offer(OVER, { newEpoch, epoch });
      epoch = newEpoch;
    }
    expect((await room.read()).past).toEqual(past.slice(0, 32));
    expect((await room.read()).epoch).toBe("n34");
    await server.newHistory();
    // The primary has forgotten it, and a node has not.
    const known = [{ epoch: asEpoch("lost"), end: 3 }];
    await expect(room.begin({ newEpoch: asEpoch("lost"), past: known })).rejects.toThrow(/^EPOCH lost was used before/);
    await expect(room.begin({ newEpoch: asEpoch("lost"), epoch: asEpoch("lost") })).rejects.toThrow(/^EPOCH /);
  });

  test("a history that changes again while an epoch is about to begin starts the settling period again", async () => {
    const { room, lostEvents } = await fork(say("c11"));
    await room.begin();
    await room.offer(SECOND_HALF, { events: lostEvents });
    const end = await room.field("next_at");
    await server.newHistory();
    expect(await room.begin()).toEqual({ kind: "wait", ms: 100, head: 11 });
    expect(await room.field("next_at")).toBeGreaterThan(end);
    expect(await room.offer(OVER, {})).toMatchObject([{ snapshot: { began: 11 } }]);
  });

  test("an epoch begins at the memory limit too, with what Redis has lost", async () => {
    const { room, lostEvents } = await fork(say("c11"));
    await server.server.config("maxmemory", "1mb");
    try {
      await room.begin();
      expect(await room.offer(OVER, { events: lostEvents })).toMatchObject([{ kind: "begun", snapshot: { head: 11 } }]);
    } finally {
      await server.server.config("maxmemory", "0");
    }
  });

  test("a restarted redis-server has another history, with everything it had stored", async () => {
    await using other = await RedisUnderTest.start({ appendonly: "yes", appendfsync: "always" });
    const room = await RedisRoom.create(other);
    await room.append(say("c1"), say("c2"));
    await other.restart();
    expect(await room.scripts.append(room.name, "n1", [say("c3")])).toEqual({ kind: "life" });
    await room.begin();
    expect(await room.offer(OVER, {})).toMatchObject([{ snapshot: { head: 2, began: 2 } }]);
    expect((await room.append(say("c2"), say("c3"))).answers).toEqual([
      { kind: "again", seq: 2 },
      { kind: "stored", seq: 3 },
    ]);
  });
});
