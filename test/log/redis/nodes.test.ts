import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import type { Settings } from "../../../src/chat/settings.ts";
import { parseCursor } from "../../../src/protocol/cursor.ts";
import type { RoomName } from "../../../src/protocol/ids.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { asCommandId, asRoom } from "../../support/cast.ts";
import { freshRoom } from "../../support/ids.ts";
import { recordingWire } from "../../support/recording-wire.ts";
import { RedisServer } from "../../support/redis.ts";
import { until } from "../../support/wait.ts";
import { ChatNode, heard } from "./node.ts";
import { RedisProxy } from "./support.ts";

/** Short, so that members leave within a test. */
const QUICK: Partial<Settings> = { lingerMs: 500, renewMs: 400 };

describeWith("two nodes on one Redis", [redis], () => {
  let server: RedisServer;
  let one: ChatNode;
  let two: ChatNode;
  let room: RoomName;
  const nodes: ChatNode[] = [];
  const late: RedisProxy[] = [];

  async function start(settings: Partial<Settings> = {}): Promise<ChatNode> {
    const node = await ChatNode.start(server.url, settings);
    nodes.push(node);
    return node;
  }

  beforeAll(async () => {
    server = await RedisServer.start({ config: { appendonly: "yes", appendfsync: "always" } });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    room = asRoom(freshRoom());
    [one, two] = [await start(), await start()];
  });
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
    for (const proxy of late.splice(0)) await proxy[Symbol.asyncDispose]();
  });

  test("readers of both get the same events in the same order, whoever sent them", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    const grace = await two.hub.open({ room, name: "Grace" });
    expect(grace.members.map(({ name }) => name)).toEqual(["Ada", "Grace"]);
    const outlets = [await one.read(ada.session, ada.cursor), await two.read(grace.session, ada.cursor)];
    const sent = Array.from({ length: 100 }, (_, n) => [
      one.say(ada.session, `a${n}`),
      two.say(grace.session, `g${n}`),
    ]).flat();
    const replies = await Promise.all(sent);
    const seqs = replies.map((reply) => (reply?.type === "ok" ? (reply.seq ?? 0) : 0));
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n + 3));
    for (const outlet of outlets) {
      await until("all events", () => outlet.seqs.at(-1) === 202);
      expect(outlet.seqs).toEqual(Array.from({ length: 201 }, (_, n) => n + 2));
    }
    const texts = outlets.map(({ events }) => events.flatMap((each) => (each.type === "message" ? [each.text] : [])));
    expect(texts[0]).toEqual(texts[1]);
    expect([...one.reported, ...two.reported]).toEqual([]);
  });

  test("a command that is sent to both is stored once", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    const replies = await Promise.all([one.say(ada.session, "c1"), two.say(ada.session, "c1")]);
    expect(replies).toEqual([
      { type: "ok", id: "c1", seq: 2 },
      { type: "ok", id: "c1", seq: 2 },
    ]);
    expect(await two.say(ada.session, "c1", "another text")).toEqual({ type: "ok", id: "c1", seq: 2 });
    expect((await one.hub.current(ada.session)).cursor).toBe(`${ada.epoch}-2`);
  });

  test("a poll at a node that has not heard of the client's cursor yet gets what follows, and no gap", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    // Opened before, so that it has a head of its own.
    await two.hub.current(ada.session);
    for (let n = 0; n < 20; n += 1) {
      const reply = await one.say(ada.session, `c${n}`);
      const seq = reply?.type === "ok" ? reply.seq : 0;
      const outlet = await two.read(ada.session, `${ada.epoch}-${seq}`, 2 * n + 2);
      await until("live", () => outlet.types.includes("live"));
      expect(outlet.types).not.toContain("gap");
      const back = await one.read(ada.session, `${ada.epoch}-0`, 2 * n + 3);
      await until("live", () => back.types.includes("live"));
      expect(back.seqs).toEqual(Array.from({ length: n + 2 }, (_, index) => index + 1));
    }
  });

  test("a session that was ended at one is refused by the other, and its reader there is sent bye", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    const grace = await two.hub.open({ room, name: "Grace" });
    const outlet = await two.read(ada.session, ada.cursor);
    const watching = await two.read(grace.session, grace.cursor);
    await one.hub.quit(ada.session);
    await until("bye", () => outlet.bye !== null);
    expect(outlet.bye).toMatchObject({ reason: "left" });
    await until("left", () => watching.types.includes("left"));
    for (const node of [one, two]) {
      await expect(node.hub.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
    }
    const third = await start();
    await expect(third.hub.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
  });

  test("a session that is ended at a node without a place for its room ends at the other", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    const reader = await one.read(ada.session, ada.cursor);
    const small = await start({ rooms: 1 });
    await small.hub.open({ room: asRoom(freshRoom()), name: "Grace" });
    await small.hub.quit(ada.session);
    await until("bye", () => reader.bye !== null);
    for (const node of [one, two, small]) {
      await expect(node.hub.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
    }
  });

  test("a session that is ended when its room is gone can't join the next room of that name at another node", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    await one.kill();
    await server.command("UNLINK", ...["m", "s", "d", "w", "u"].map((key) => `test:{${room}}:${key}`));
    await two.hub.quit(ada.session);
    const other = await start();
    await expect(other.hub.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
  });

  test("a member is present once, and leaves once, however many nodes know its session", async () => {
    const [first, second] = [await start(QUICK), await start(QUICK)];
    const ada = await first.hub.open({ room, name: "Ada" });
    const grace = await second.hub.open({ room, name: "Grace" });
    const watching = await second.read(grace.session, ada.cursor);
    await second.hub.current(ada.session);
    await until("Ada's left", () => watching.events.some(({ type }) => type === "left"));
    expect(watching.events.filter(({ type }) => type !== "live" && type !== "idle")).toMatchObject([
      { type: "joined", member: { name: "Grace" } },
      { type: "left", member: { name: "Ada" } },
    ]);
    expect((await first.hub.members(grace.session)).members.map(({ name }) => name)).toEqual(["Grace"]);
    await second.say(ada.session, "back");
    await heard(watching, "back");
    expect(watching.types.slice(-2)).toEqual(["joined", "message"]);
  });

  test("a member whose node was killed leaves after its deadline, unless it comes back to another", async () => {
    const [first, second] = [await start(QUICK), await start(QUICK)];
    const ada = await first.hub.open({ room, name: "Ada" });
    const linus = await first.hub.open({ room, name: "Linus" });
    const grace = await second.hub.open({ room, name: "Grace" });
    const watching = await second.read(grace.session, grace.cursor);
    await first.read(ada.session, ada.cursor);
    await first.read(linus.session, linus.cursor);
    await first.kill();
    await second.read(ada.session, ada.cursor, 2);
    await until("Linus' left", () => watching.types.includes("left"));
    expect(watching.events.filter(({ type }) => type === "left")).toMatchObject([{ member: { name: "Linus" } }]);
    expect((await second.hub.members(grace.session)).members.map(({ name }) => name).sort()).toEqual(["Ada", "Grace"]);
  });

  test("nobody leaves because Redis was out of reach for longer than the deadlines", async () => {
    const own = await RedisServer.start();
    try {
      await using first = await ChatNode.start(own.url, QUICK);
      const ada = await first.hub.open({ room, name: "Ada" });
      const outlet = await first.read(ada.session, ada.cursor);
      await own.kill("SIGSTOP");
      await until("the node to notice", () => !first.store.link.connected);
      await own.kill("SIGCONT");
      // By then members that are late have been made to leave.
      await until("the node to be back for a while", () => first.store.link.hearingForMs > 4_000);
      await first.say(ada.session, "still here");
      await heard(outlet, "still here");
      expect(outlet.types).not.toContain("left");
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  test("a newer reader at one node supersedes the older one at the other", async () => {
    const settings = { supersedeMs: 300 };
    const [first, second] = [await start(settings), await start(settings)];
    const ada = await first.hub.open({ room, name: "Ada" });
    const older = await first.read(ada.session, ada.cursor, 1);
    await second.read(ada.session, ada.cursor, 2);
    await until("bye", () => older.bye !== null);
    expect(older.bye).toMatchObject({ reason: "superseded" });
    await expect(first.read(ada.session, ada.cursor, 1)).rejects.toMatchObject({ code: "superseded" });
    const third = await start(settings);
    await expect(third.read(ada.session, ada.cursor, 1)).rejects.toMatchObject({ code: "superseded" });
  });

  test("typing reaches readers of both nodes", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    const grace = await two.hub.open({ room, name: "Grace" });
    const outlets = [await one.read(ada.session, ada.cursor), await two.read(grace.session, ada.cursor)];
    for (const outlet of outlets) await until("live", () => outlet.types.includes("live"));
    await one.hub.post(ada.session, { type: "typing", id: asCommandId("t1") });
    for (const outlet of outlets) await until("typing", () => outlet.types.includes("typing"));
  });

  /** Starts a node that gets what others publish so late that it answers most requests before. */
  async function startLate(settings: Partial<Settings> = {}): Promise<ChatNode> {
    const proxy = await RedisProxy.open(server.port);
    late.push(proxy);
    proxy.publishedLateMs = 200;
    const node = await ChatNode.start(`redis://${proxy.address}`, settings);
    nodes.push(node);
    return node;
  }

  test("what a reader's first event proves is known at a node that learns of it later", async () => {
    const behind = await startLate();
    const ada = await one.hub.open({ room, name: "Ada" });
    const grace = await behind.hub.open({ room, name: "Grace" });
    await behind.hub.current(ada.session);
    const outlet = await one.read(ada.session, ada.cursor);
    await until("live", () => outlet.types.includes("live"));
    await behind.say(ada.session, "by POST at the other node");
    expect(await heard(outlet, "by POST at the other node")).toMatchObject({ via: "stream" });
    await one.read(ada.session, ada.cursor, 2, recordingWire("other"));
    const { members } = await behind.hub.members(grace.session);
    expect(members.map(({ name, via }) => [name, via])).toEqual([
      ["Ada", "other"],
      ["Grace", undefined],
    ]);
  });

  test("if a newer reader at another node dies, the older goes on, and messages name its transport again", async () => {
    const settings = { supersedeMs: 2_000 };
    const [first, behind] = [await start(settings), await startLate(settings)];
    const ada = await first.hub.open({ room, name: "Ada" });
    await behind.hub.current(ada.session);
    const older = await first.read(ada.session, ada.cursor, 1);
    await until("live", () => older.types.includes("live"));
    const newer = await behind.attach(ada.session, ada.cursor, 2, { wire: recordingWire("other") });
    await until("live", () => newer.outlet.types.includes("live"));
    newer.handle.detach();
    await until("the older reader's transport", async () => {
      const { members } = await first.hub.members(ada.session);
      return members[0]?.via === "stream";
    });
    await expect(behind.hub.current(ada.session, 1)).resolves.toMatchObject({ member: { via: "stream" } });
    await behind.say(ada.session, "from the older");
    expect(await heard(older, "from the older")).toMatchObject({ via: "stream" });
  });

  test("a late request at a node that has not heard of the newer reader does not replace it", async () => {
    const settings = { supersedeMs: 0 };
    const [first, behind] = [await start(settings), await startLate(settings)];
    const ada = await first.hub.open({ room, name: "Ada" });
    await behind.hub.current(ada.session);
    const newest = await first.read(ada.session, ada.cursor, 2);
    await until("live", () => newest.types.includes("live"));
    await expect(behind.read(ada.session, ada.cursor, 1)).rejects.toMatchObject({ code: "superseded" });
    await expect(behind.hub.current(ada.session, 1)).rejects.toMatchObject({ code: "superseded" });
  });

  test("a reader's first event waits for the reply that its number is stored", async () => {
    const node = await startLate();
    const ada = await node.hub.open({ room, name: "Ada" });
    late.at(-1)?.swallowReplies();
    const outlet = await node.read(ada.session, ada.cursor);
    await until("live", () => outlet.types.includes("live"));
    // Repeated on a new connection.
    expect(node.store.link.reconnects).toBe(1);
  });

  test("a copy of a command that another node has answered does not count against the limit", async () => {
    const behind = await startLate({ commandRate: { perSecond: 0.001, burst: 1 } });
    const ada = await one.hub.open({ room, name: "Ada" });
    expect(await behind.say(ada.session, "c1")).toMatchObject({ type: "ok", seq: 2 });
    expect(await one.say(ada.session, "c2")).toMatchObject({ type: "ok", seq: 3 });
    expect(await behind.say(ada.session, "c2")).toMatchObject({ type: "ok", seq: 3 });
    expect(await behind.say(ada.session, "c3")).toMatchObject({ type: "refused", code: "too_many" });
  });

  test("typing that comes to two nodes at the same time reaches each reader once", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    const grace = await two.hub.open({ room, name: "Grace" });
    const outlets = [await one.read(ada.session, ada.cursor), await two.read(grace.session, ada.cursor)];
    for (const outlet of outlets) await until("live", () => outlet.types.includes("live"));
    const typing = (id: string) => ({ type: "typing", id: asCommandId(id) }) as const;
    await two.hub.current(ada.session);
    await Promise.all([one.hub.post(ada.session, typing("t1")), two.hub.post(ada.session, typing("t2"))]);
    await Promise.all([one.say(ada.session, "after one"), two.say(ada.session, "after two")]);
    for (const outlet of outlets) {
      await heard(outlet, "after one");
      await heard(outlet, "after two");
      expect(outlet.types.filter((type) => type === "typing")).toHaveLength(1);
    }
  });

  test("a poll without a hold is answered at a node that is behind the client's cursor", async () => {
    const behind = await startLate();
    const ada = await one.hub.open({ room, name: "Ada" });
    await behind.read(ada.session, ada.cursor, 1);
    const reply = await one.say(ada.session, "ahead");
    const cursor = `${ada.epoch}-${reply?.type === "ok" ? reply.seq : 0}`;
    const { outlet } = await behind.attach(ada.session, cursor, 1, {
      wire: recordingWire("polls", { streaming: false }),
      idleMs: 0,
    });
    await until("an answer", () => outlet.frames.length > 0);
    expect(outlet.types).toEqual(["idle"]);
  });

  test("a private room's key counts on both nodes", async () => {
    const ada = await one.hub.open({ room, name: "Ada", key: "a key for two" });
    await expect(two.hub.open({ room, name: "Eve" })).rejects.toMatchObject({ code: "not_allowed" });
    await expect(two.hub.open({ room, name: "Eve", key: "another key" })).rejects.toMatchObject({
      code: "not_allowed",
    });
    const grace = await two.hub.open({ room, name: "Grace", key: "a key for two" });
    expect(parseCursor(grace.cursor)?.seq).toBe(2);
    expect((await two.hub.current(ada.session)).members).toHaveLength(2);
  });

  test("history is read from Redis beyond what a node has in memory", async () => {
    const ada = await one.hub.open({ room, name: "Ada" });
    for (let n = 0; n < 1_500; n += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, m) => one.say(ada.session, `c${n + m}`)));
    }
    const late = await two.read(ada.session, `${ada.epoch}-0`);
    await until("all events", () => late.seqs.length >= 1_501);
    expect(late.seqs).toEqual(Array.from({ length: 1_501 }, (_, n) => n + 1));
    const page = await two.hub.history(ada.session, `${ada.epoch}-50` as never, 20);
    expect(page.events.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 31));
  });

  test("after a restart of Redis everyone continues in a new epoch, and nothing is missing", async () => {
    const own = await RedisServer.start({ config: { appendonly: "yes", appendfsync: "always" } });
    try {
      await using first = await ChatNode.start(own.url);
      await using second = await ChatNode.start(own.url);
      const ada = await first.hub.open({ room, name: "Ada" });
      const outlets = [await first.read(ada.session, ada.cursor), await second.read(ada.session, ada.cursor)];
      await first.say(ada.session, "before");
      for (const outlet of outlets) await heard(outlet, "before");
      await own.restart();
      await until("both nodes", () => first.store.link.hearing && second.store.link.hearing);
      await until("stored", async () => (await second.say(ada.session, "after"))?.type === "ok");
      for (const outlet of outlets) {
        await heard(outlet, "after");
        expect(outlet.events.filter(({ type }) => type === "gap")).toMatchObject([{ missed: 0 }]);
        expect(outlet.seqs).toEqual([2, 3]);
      }
      expect((await first.hub.current(ada.session)).epoch).not.toBe(ada.epoch);
      expect(await first.say(ada.session, "before")).toMatchObject({ type: "ok", seq: 2 });
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  test("what Redis has lost, but a node has in memory, is put back", async () => {
    const own = await RedisServer.start({ config: { appendonly: "no", save: '""' } });
    try {
      await using first = await ChatNode.start(own.url);
      const ada = await first.hub.open({ room, name: "Ada" });
      const outlet = await first.read(ada.session, ada.cursor);
      await first.say(ada.session, "kept");
      await own.command("SAVE");
      await first.say(ada.session, "lost by Redis");
      await heard(outlet, "lost by Redis");
      await own.kill("SIGKILL");
      await own.restart();
      await until("stored", async () => (await first.say(ada.session, "after"))?.type === "ok");
      await heard(outlet, "after");
      expect(outlet.events.filter(({ type }) => type === "gap")).toMatchObject([{ missed: 0 }]);
      expect(outlet.seqs).toEqual([2, 3, 4]);
      await using second = await ChatNode.start(own.url);
      const late = await second.read(ada.session, `${ada.epoch}-0`);
      await heard(late, "after");
      expect(late.seqs).toEqual([1, 2, 3, 4]);
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  test("readers of a room that Redis has lost whole get a gap, and continue", async () => {
    const own = await RedisServer.start();
    try {
      await using first = await ChatNode.start(own.url);
      const ada = await first.hub.open({ room, name: "Ada" });
      const outlet = await first.read(ada.session, ada.cursor);
      await first.say(ada.session, "before");
      await heard(outlet, "before");
      await own.command("FLUSHALL");
      expect(await first.say(ada.session, "after")).toMatchObject({ type: "ok" });
      await heard(outlet, "after");
      expect(outlet.events.filter(({ type }) => type === "gap")).toMatchObject([{ missed: null }]);
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });
});
