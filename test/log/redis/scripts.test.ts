import { afterAll, beforeAll, expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import { type Op, RoomScripts } from "../../../src/log/redis/scripts.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { asEpoch, asMember } from "../../support/cast.ts";
import { until } from "../../support/wait.ts";
import { ADA, bodiesOf, join, type Key, leave, RedisRoom, RedisUnderTest, say } from "./redis-room.ts";

const BEYOND_LUA = 10 ** 14;
const KEY_HASH = { salt: "salt", hash: "hash" };

describeWith("the scripts of a room in Redis", [redis], () => {
  let server: RedisUnderTest;
  beforeAll(async () => {
    server = await RedisUnderTest.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Resolves to a list that grows by each message published in the room. */
  async function published(room: RedisRoom): Promise<{ messages: string[]; [Symbol.asyncDispose](): Promise<void> }> {
    const subscriber = server.client.duplicate();
    subscriber.on("error", () => undefined);
    await subscriber.connect();
    const messages: string[] = [];
    await subscriber.sSubscribe(room.scripts.channelOf(room.name), (message) => messages.push(message));
    return {
      messages,
      async [Symbol.asyncDispose]() {
        subscriber.destroy();
      },
    };
  }

  test("every script begins with the shebang that makes Redis refuse it whole", async () => {
    for (const { source, sha } of RoomScripts.all) {
      expect(source).toMatch(/^#!lua( flags=(no-writes|allow-oom))?\n/);
      expect(await server.client.scriptLoad(source)).toBe(sha);
    }
  });

  test("a room that is made, joined, written to and left has all of it in its snapshot", async () => {
    const room = new RedisRoom(server);
    expect(await room.scripts.open(room.name, { create: null, after: null, events: 1, bytes: 1 })).toEqual({
      kind: "absent",
    });
    expect(await room.scripts.append(room.name, "n1", [say("c1")])).toEqual({ kind: "absent" });
    expect(await room.begin()).toEqual({ kind: "absent" });
    await room.make();
    const { first, head, oldest, epoch, answers, bodies, lines } = await room.append(
      join("ada", { via: "sse" }),
      join("bob"),
      say("c1", "räksmörgås"),
      leave("bob"),
      leave("bob"),
      join("cas"),
    );
    expect({ first, head, oldest, epoch }).toEqual({ first: 1, head: 5, oldest: 1, epoch: "e1" });
    expect(answers).toEqual([
      ...[1, 2, 3, 4].map((seq) => ({ kind: "stored", seq })),
      { kind: "done" },
      { kind: "stored", seq: 5 },
    ]);
    expect(lines).toEqual(bodies);
    const at = expect.any(Number);
    expect(bodies.map((body) => JSON.parse(body))).toEqual([
      { type: "joined", seq: 1, at, member: { id: "ada", name: "ada" }, via: "sse" },
      { type: "joined", seq: 2, at, member: { id: "bob", name: "bob" } },
      { type: "message", seq: 3, at, id: "c1", from: { id: "ada", name: "Ada" }, text: "räksmörgås" },
      { type: "left", seq: 4, at, member: { id: "bob", name: "bob" } },
      { type: "joined", seq: 5, at, member: { id: "cas", name: "cas" } },
    ]);
    expect(await room.read()).toEqual({
      epoch: "e1",
      began: 0,
      head: 5,
      oldest: 1,
      past: [],
      keyHash: null,
      members: [
        { author: { id: "ada", name: "ada" }, via: "sse" },
        { author: { id: "cas", name: "cas" }, via: undefined },
      ],
      events: bodies.map((body, index) => ({ seq: index + 1, body })),
      deadlineMs: expect.any(Number),
    });
  });

  test("members are listed in the order in which they joined, with their newest transport", async () => {
    const room = await RedisRoom.create(server);
    const ids = Array.from({ length: 30 }, (_, index) => `member-${index}`);
    // Authors this long make Redis keep the hash in no order.
    await room.append(...ids.map((id) => join(`${id}-${"x".repeat(60)}`)));
    const third = asMember(`member-3-${"x".repeat(60)}`);
    await room.append({ op: "numbers", member: third, numbers: "{}", via: "websocket" });
    const { members } = await room.read();
    expect(members.map(({ author }) => author.id.replace(/-x+$/, ""))).toEqual(ids);
    expect(members[3]?.via).toBe("websocket");
  });

  test("numbers are dense, whichever nodes append at the same time", async () => {
    const room = await RedisRoom.create(server);
    const batches = Array.from({ length: 50 }, (_, index) => [say(`a${index}`), say(`b${index}`)]);
    const all = await Promise.all(batches.map((ops, index) => room.scripts.append(room.name, `n${index % 2}`, ops)));
    expect(all.every(({ kind }) => kind === "ok")).toBe(true);
    const { events } = await room.read();
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(events.map(({ body }) => JSON.parse(body).seq)).toEqual(events.map(({ seq }) => seq));
  });

  test("times of events never go back, though Redis' clock does", async () => {
    const room = await RedisRoom.create(server);
    const ahead = (await server.now()) + 3_600_000;
    await room.set({ at: ahead });
    const { bodies } = await room.append(say("c1"), join("ada"));
    expect(bodies.map((body) => JSON.parse(body).at)).toEqual([ahead, ahead]);
  });

  test("a message that is said twice, at one node or two, is stored once", async () => {
    const room = await RedisRoom.create(server);
    expect((await room.append(say("c1"), say("c1"))).answers).toEqual([
      { kind: "stored", seq: 1 },
      { kind: "again", seq: 1 },
    ]);
    const again = await room.scripts.append(room.name, "n2", [say("c1", "another text"), say("c2")]);
    expect(again).toMatchObject({
      first: 2,
      answers: [
        { kind: "again", seq: 1 },
        { kind: "stored", seq: 2 },
      ],
    });
    expect(await room.texts()).toEqual(["hi", "hi"]);
  });

  test("a reply is forgotten only if its event is beyond the window and it is old", async () => {
    const room = await RedisRoom.create(server, { replayEvents: 2, dedupeMs: 60_000 });
    const makeOld = async (): Promise<void> => room.set({ page_at: (await room.field("page_at")) - 60_000 });
    const again = { kind: "again", seq: 1 };
    await room.append(say("c1"));
    // Old, and in the window: the pages turn, but none is dropped.
    await makeOld();
    expect((await room.append(say("c1"))).answers).toEqual([again]);
    await makeOld();
    expect((await room.append(say("c1"))).answers).toEqual([again]);
    // Beyond the window, and not old: as the pages turn here, the older one is dropped, which is empty or as old.
    await room.append(say("c2"), say("c3"), say("c4"));
    expect((await room.read()).oldest).toBe(3);
    await makeOld();
    expect((await room.append(say("c4"))).answers).toEqual([{ kind: "again", seq: 4 }]);
    // Beyond the window, and old.
    await room.append(say("c5"), say("c6"), say("c7"));
    await makeOld();
    expect((await room.append(say("c1"), say("c7"))).answers).toEqual([
      { kind: "stored", seq: 8 },
      { kind: "again", seq: 7 },
    ]);
  });

  test("a young reply is remembered however far its event is beyond the window", async () => {
    const room = await RedisRoom.create(server, { replayEvents: 1 });
    await room.append(...Array.from({ length: 20 }, (_, index) => say(`c${index}`)));
    expect((await room.append(say("c0"))).answers).toEqual([{ kind: "again", seq: 1 }]);
  });

  test("a room that remembers too many replies refuses new messages, and answers those it knows", async () => {
    const room = await RedisRoom.create(server, { dedupeEntries: 2 });
    const { answers, head } = await room.append(say("c1"), say("c2"), say("c3"), say("c1"), join("ada"));
    expect(answers.map(({ kind }) => kind)).toEqual(["stored", "stored", "full", "again", "stored"]);
    expect(head).toBe(3);
  });

  test.each([
    ["count", { replayEvents: 3 }, 3],
    // Each event has more than 100 bytes, of which 50 are its text.
    ["bytes", { replayBytes: 500 }, 3],
    ["bytes, though one event is larger than all may be", { replayBytes: 10 }, 1],
  ])("a window limited by %s keeps the newest events", async (_by, limits, kept) => {
    const room = await RedisRoom.create(server, limits);
    for (let index = 1; index <= 7; index += 1) await room.append(say(`c${index}`, "x".repeat(50)));
    await room.append(...Array.from({ length: 7 }, (_, index) => say(`d${index}`, "x".repeat(50))));
    const { oldest, events, head } = await room.read();
    expect({ head, oldest, kept: events.length }).toEqual({ head: 14, oldest: 15 - kept, kept });
    expect(await room.field("trimmed")).toBe(
      (await room.field("bytes")) - events.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0),
    );
  });

  test("a window limited by age keeps the newest event, however old it is", async () => {
    const room = await RedisRoom.create(server);
    await room.append(say("c1"), say("c2"));
    const at = await room.field("at");
    await until("the clock to move on", async () => (await server.now()) > at + 2);
    // This node keeps them for a ms, and so the room.
    const { oldest, head } = await room.with({ replayMs: 1 }).append(join("ada"), say("c3"));
    expect({ oldest, head }).toEqual({ oldest: 3, head: 4 });
  });

  test("a large window is trimmed in steps, to its limit", async () => {
    const room = await RedisRoom.create(server, { replayEvents: 1_024 });
    const batch = (from: number, count: number): Op[] =>
      Array.from({ length: count }, (_, index) => say(`c${from + index}`));
    expect((await room.append(...batch(0, 1_056))).oldest).toBe(1);
    expect((await room.append(...batch(1_056, 1))).oldest).toBe(34);
    expect((await room.append(...batch(1_057, 1))).oldest).toBe(34);
    expect((await room.read({ events: 2_000 })).events.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 1_025 }, (_, index) => index + 34),
    );
  });

  test("all keys expire at the same time after every operation", async () => {
    const room = new RedisRoom(server);
    const expectSame = async (...keys: Key[]): Promise<number> => {
      const { k, x, ...others } = await room.expiries();
      const times = [...new Set(Object.values(others))];
      expect(times).toEqual([await room.field("expires")]);
      expect(Object.keys(others)).toEqual(["m", ...keys]);
      expect(k).toBe((times[0] ?? 0) + 24 * 3_600_000);
      expect(x ?? times[0]).toBeGreaterThanOrEqual(times[0] ?? 0);
      return times[0] ?? 0;
    };
    await room.make(KEY_HASH);
    await expectSame();
    await room.append(say("c1"));
    await expectSame("s", "d");
    await room.set({ page_at: 0 });
    await room.with({ replayEvents: 1 }).append(say("c2"), say("c3"));
    await expectSame("s", "d", "D");
    // The first after the last has left makes two keys again.
    for (let round = 0; round < 2; round += 1) {
      await room.append(join("ada"));
      await expectSame("s", "d", "D", "w", "u");
      await room.append({ op: "numbers", member: ADA, numbers: "{}", via: "" });
      await expectSame("s", "d", "D", "w", "u", "n");
      await room.append({ op: "renew", member: ADA, deadlineMs: 90_000 });
      await room.append(leave("ada"));
      await expectSame("s", "d", "D");
    }
    await room.append({ op: "end", member: ADA, until: Date.now() + 1_000 });
    const before = await expectSame("s", "d", "D");
    // Used again after more than a minute.
    await room.set({ expires: before - 61_000 });
    await room.append({ op: "reap" });
    expect(await expectSame("s", "d", "D")).toBeGreaterThanOrEqual(before);
    await server.newHistory();
    await room.begin();
    await expectSame("s", "d", "D");
    await room.offer(0, { newEpoch: asEpoch("e2") });
    await expectSame("s", "d", "D");
  });

  test("a crowded room publishes who came and left, and a count from time to time, instead of events", async () => {
    const room = await RedisRoom.create(server, { censusFrom: 2 });
    await using heard = await published(room);
    const { answers, lines, bodies } = await room.append(join("a"), join("b"), join("c", { via: "sse" }), leave("a"));
    expect(answers).toEqual([
      { kind: "stored", seq: 1 },
      { kind: "stored", seq: 2 },
      { kind: "done" },
      { kind: "done" },
    ]);
    expect(lines).toEqual([...bodies, '+sse {"id":"c","name":"c"}', "-a", "#2"]);
    // No longer crowded: this is an event, and the count is not due for 5 s.
    expect((await room.append(leave("b"), join("d"), join("e"))).lines).toEqual([
      expect.stringContaining('"left"'),
      expect.stringContaining('"joined"'),
      '+ {"id":"e","name":"e"}',
    ]);
    await room.set({ census_at: (await room.field("census_at")) - 5_000 });
    expect((await room.append({ op: "renew", member: ADA, deadlineMs: 1 })).lines).toEqual(["#3"]);
    expect((await room.append({ op: "renew", member: ADA, deadlineMs: 1 })).lines).toEqual([]);
    await until("three messages", () => heard.messages.length >= 3);
    expect(heard.messages.map((message) => message.split("\n")[0])).toEqual(["e1 1 n1 1", "e1 3 n1 1", "e1 0 n1 1"]);
    expect(heard.messages[0]?.split("\n").slice(1)).toEqual(lines);
    expect((await room.read()).members.map(({ author }) => author.id)).toEqual(["c", "d", "e"]);
  });

  test("a session that was ended can't join, also after the room was deleted and made again", async () => {
    const room = await RedisRoom.create(server);
    const validUntil = Date.now() + 48 * 3_600_000;
    await room.append(join("ada"));
    const { lines, answers } = await room.append(leave("ada"), { op: "end", member: ADA, until: validUntil });
    expect(answers).toEqual([{ kind: "stored", seq: 2 }, { kind: "done" }]);
    expect(lines.at(-1)).toBe("xada");
    expect((await room.append(join("ada"))).answers).toEqual([{ kind: "ended" }]);
    const { x, m } = await room.expiries();
    expect(x).toBe(validUntil);
    expect(m).toBeLessThan(validUntil);
    await server.client.del(room.key("m"));
    expect((await room.make(null, asEpoch("e9"))).head).toBe(0);
    expect((await room.append(join("ada"), join("bob"))).answers).toEqual([
      { kind: "ended" },
      { kind: "stored", seq: 1 },
    ]);
    expect((await room.read()).events).toHaveLength(1);
  });

  test("a session can be ended in a room that is gone, and in one that this process has not opened", async () => {
    const room = new RedisRoom(server);
    const validUntil = Date.now() + 48 * 3_600_000;
    await room.scripts.end(room.name, "n1", ADA, validUntil);
    expect(await room.expiries()).toEqual({ x: validUntil });
    await room.make();
    await using heard = await published(room);
    expect((await room.append(join("ada"))).answers).toEqual([{ kind: "ended" }]);
    await room.append(join("bob"));
    await room.scripts.end(room.name, "n1", asMember("bob"), Date.now() + 60_000);
    expect((await room.expiries()).x).toBe(validUntil);
    await until("the end of Bob's session", () => heard.messages.at(-1) === "e1 0 n1\nxbob");
    expect((await room.append({ op: "renew", member: asMember("bob"), deadlineMs: 1 })).answers).toEqual([
      { kind: "ended" },
    ]);
  });

  test("ended sessions are forgotten once their tokens have expired", async () => {
    const room = await RedisRoom.create(server);
    await room.append({ op: "end", member: ADA, until: Date.now() - 60_000 });
    await room.append({ op: "end", member: ADA, until: Date.now() + 60_000 });
    await room.append({ op: "end", member: ADA, until: Date.now() + 60_000 });
    expect(await server.client.zCard(room.key("x"))).toBe(1);
  });

  test("a member whose deadline has passed leaves once, whichever nodes reap", async () => {
    const room = await RedisRoom.create(server);
    const reap: Op = { op: "reap" };
    expect((await room.append(join("bob"))).deadlineMs).toBeGreaterThan(0);
    expect((await room.append(reap)).bodies).toEqual([]);
    expect((await room.append(join("ada", { deadlineMs: 0 }))).deadlineMs).toBe(0);
    const reaped = await Promise.all(["n1", "n2", "n3"].map((node) => room.scripts.append(room.name, node, [reap])));
    const bodies = reaped.flatMap((each) => (each.kind === "ok" ? bodiesOf(each) : []));
    expect(bodies.map((body) => JSON.parse(body))).toEqual([
      expect.objectContaining({ type: "left", seq: 3, member: { id: "ada", name: "ada" } }),
    ]);
    expect((await room.read()).members).toHaveLength(1);
  });

  test("a deadline moves later by a join or a renewal, never earlier, and only for a present member", async () => {
    const room = await RedisRoom.create(server);
    const deadline = (): Promise<number | null> => server.client.zScore(room.key("u"), ADA);
    await room.append({ op: "renew", member: ADA, deadlineMs: 1_000 });
    expect(await deadline()).toBeNull();
    await room.append(join("ada", { deadlineMs: 60_000 }));
    const first = await deadline();
    await room.append(join("ada", { deadlineMs: 10 }), { op: "renew", member: ADA, deadlineMs: 10 });
    expect(await deadline()).toBe(first);
    await room.append({ op: "renew", member: ADA, deadlineMs: 120_000 });
    expect(await deadline()).toBeGreaterThan(first ?? 0);
  });

  test("a reap of many members takes a hundred at a time", async () => {
    const room = await RedisRoom.create(server, { censusFrom: 1_000 });
    await room.append(...Array.from({ length: 150 }, (_, index) => join(`m${index}`, { deadlineMs: 0 })));
    expect((await room.append({ op: "reap" })).bodies).toHaveLength(100);
    expect(await room.append({ op: "reap" })).toMatchObject({ deadlineMs: null, head: 300 });
  });

  test("reader numbers are published, stored while the member is present, and given to a node at a join", async () => {
    const room = await RedisRoom.create(server);
    const numbers = (text: string): Op => ({ op: "numbers", member: ADA, numbers: text, via: "" });
    expect((await room.append(numbers('{"a":1}'))).lines).toEqual(['nada {"a":1}']);
    expect((await room.append(join("ada"))).answers).toEqual([{ kind: "stored", seq: 1 }]);
    await room.append(numbers('{"a":2, "b": 3}'));
    expect((await room.append(join("ada"))).answers).toEqual([
      { kind: "done", numbers: { json: '{"a":2, "b": 3}', ageMs: expect.any(Number) } },
    ]);
    await room.append(leave("ada"));
    expect((await room.append(join("ada"))).answers).toEqual([{ kind: "stored", seq: 3 }]);
  });

  test("at the memory limit a batch with a message or a join is refused whole, and leaving and reading work", async () => {
    const room = await RedisRoom.create(server);
    await room.append(join("ada"), join("bob"), say("c1"));
    const state = async (): Promise<unknown[]> => [
      await server.client.hGetAll(room.key("m")),
      await server.client.sendCommand(["XINFO", "STREAM", room.key("s"), "FULL"]),
      await server.client.hGetAll(room.key("d")),
      await server.client.hGetAll(room.key("w")),
    ];
    const before = await state();
    await server.server.config("maxmemory", "1mb");
    try {
      const other = new RedisRoom(server);
      await expect(other.make()).rejects.toThrow(/^OOM /);
      await expect(room.append(leave("bob"), say("c2"))).rejects.toThrow(/^OOM /);
      await expect(room.append(join("cas"))).rejects.toThrow(/^OOM /);
      expect(await state()).toEqual(before);
      expect((await room.read()).head).toBe(3);
      expect((await room.make()).head).toBe(3);
      expect(await room.scripts.find(room.name)).toEqual({ keyHash: null, reserved: false });
      const freed = await room.append(
        leave("bob"),
        { op: "renew", member: ADA, deadlineMs: 1 },
        { op: "numbers", member: ADA, numbers: "{}", via: "" },
        { op: "end", member: ADA, until: Date.now() + 60_000 },
        { op: "reap" },
      );
      expect(freed.answers[0]).toEqual({ kind: "stored", seq: 4 });
    } finally {
      await server.server.config("maxmemory", "0");
    }
    expect((await room.append(say("c2"))).answers).toEqual([{ kind: "stored", seq: 5 }]);
  });

  test("without enough replicas every change is refused whole, and a room still opens", async () => {
    const room = await RedisRoom.create(server);
    await room.append(join("ada"), say("c1"));
    const before = await server.client.hGetAll(room.key("m"));
    await server.server.config("min-replicas-to-write", "1");
    try {
      await expect(room.append(say("c2"), leave("ada"))).rejects.toThrow(/^NOREPLICAS /);
      await expect(room.append(leave("ada"))).rejects.toThrow(/^NOREPLICAS /);
      expect((await room.make()).members).toHaveLength(1);
      expect((await room.read()).events).toHaveLength(2);
      expect(await server.client.hGetAll(room.key("m"))).toEqual(before);
    } finally {
      await server.server.config("min-replicas-to-write", "0");
    }
    expect((await room.append(say("c2"))).answers).toEqual([{ kind: "stored", seq: 3 }]);
  });

  test("numbers above 10^14 stay exact in seqs, bytes, replies and ends of epochs", async () => {
    const room = await RedisRoom.create(server, { replayEvents: 2 });
    const head = BEYOND_LUA + 5;
    await room.set({ head, oldest: head + 1, bytes: BEYOND_LUA, trimmed: BEYOND_LUA });
    const { answers, bodies } = await room.append(say("c1"), say("c1"), say("c2"), say("c3"));
    expect(answers).toEqual([
      { kind: "stored", seq: head + 1 },
      { kind: "again", seq: head + 1 },
      { kind: "stored", seq: head + 2 },
      { kind: "stored", seq: head + 3 },
    ]);
    expect(bodies.map((body) => JSON.parse(body).seq)).toEqual([head + 1, head + 2, head + 3]);
    const { oldest, events } = await room.read({ after: head + 1 });
    expect({ oldest, seqs: events.map(({ seq }) => seq) }).toEqual({ oldest: head + 2, seqs: [head + 2, head + 3] });
    await server.newHistory();
    await room.begin();
    const [begun] = await room.offer(0, {});
    expect(begun).toMatchObject({ snapshot: { began: head + 3, past: [{ epoch: "e1", end: head + 3 }] } });
    expect((await room.append(say("c3"), say("c4"))).answers).toEqual([
      { kind: "again", seq: head + 3 },
      { kind: "stored", seq: head + 4 },
    ]);
    for (const value of Object.values(await server.client.hGetAll(room.key("m")))) expect(value).not.toMatch(/e\+/);
  });

  test("a room opens with the newest events, or those after a seq, within a count and bytes", async () => {
    const room = await RedisRoom.create(server);
    await room.append(...Array.from({ length: 200 }, (_, index) => say(`c${String(index).padStart(3, "0")}`)));
    const seqs = async (options: Parameters<RedisRoom["read"]>[0]): Promise<(number | undefined)[]> => {
      const { events } = await room.read(options);
      return [events[0]?.seq, events.at(-1)?.seq, events.length];
    };
    const bytes = Buffer.byteLength((await room.read({ events: 1 })).events[0]?.body ?? "");
    expect(await seqs({})).toEqual([1, 200, 200]);
    expect(await seqs({ events: 130 })).toEqual([71, 200, 130]);
    expect(await seqs({ events: 0 })).toEqual([undefined, undefined, 0]);
    expect(await seqs({ bytes: 3 * bytes })).toEqual([198, 200, 3]);
    expect(await seqs({ bytes: 1 })).toEqual([200, 200, 1]);
    expect(await seqs({ after: 0 })).toEqual([1, 200, 200]);
    expect(await seqs({ after: 50, events: 128 })).toEqual([51, 178, 128]);
    expect(await seqs({ after: 150, bytes: 2 * bytes })).toEqual([151, 152, 2]);
    expect(await seqs({ after: 150, bytes: 1 })).toEqual([151, 151, 1]);
    expect(await seqs({ after: 200 })).toEqual([undefined, undefined, 0]);
    expect(await seqs({ after: 500 })).toEqual([undefined, undefined, 0]);
  });

  test("a private room's name belongs to its key after the room has expired", async () => {
    const room = new RedisRoom(server, { replayMs: 1 });
    expect(await room.scripts.find(room.name)).toBeUndefined();
    expect((await room.make(KEY_HASH)).keyHash).toEqual(KEY_HASH);
    await until("the room to expire", async () => (await room.scripts.find(room.name))?.reserved ?? false);
    expect(await room.scripts.find(room.name)).toEqual({ keyHash: KEY_HASH, reserved: true });
    const again = room.with({});
    expect((await again.make({ salt: "other", hash: "other" }, asEpoch("e2"))).keyHash).toEqual(KEY_HASH);
    expect(await again.scripts.find(room.name)).toEqual({ keyHash: KEY_HASH, reserved: false });
  });

  test("of two nodes that make a room at the same time, the first decides its epoch and key", async () => {
    const room = new RedisRoom(server);
    const [first, second] = await Promise.all([room.make(KEY_HASH), room.make(null, asEpoch("e2"))]);
    expect(first).toMatchObject({ epoch: "e1", keyHash: KEY_HASH });
    expect(second).toMatchObject({ epoch: "e1", keyHash: KEY_HASH });
  });

  test("a room whose events were evicted goes on after its head", async () => {
    const room = await RedisRoom.create(server, { replayEvents: 2 });
    await room.append(say("c1"), say("c2"));
    await server.client.del(room.key("s"));
    expect((await room.append(say("c3"))).head).toBe(3);
    expect((await room.read()).events.map(({ seq }) => seq)).toEqual([3]);
    await server.client.del(room.key("s"));
    const { oldest, head } = await room.with({ replayEvents: 1 }).append({ op: "reap" });
    expect({ oldest, head }).toEqual({ oldest: 4, head: 3 });
    expect(await room.append(say("c4"))).toMatchObject({ oldest: 4, head: 4 });
  });
});
