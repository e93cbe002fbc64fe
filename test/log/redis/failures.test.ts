import { expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import type { Settings } from "../../../src/chat/settings.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { Folder } from "../../support/folder.ts";
import type { RecordingOutlet } from "../../support/recording-wire.ts";
import { RedisServer } from "../../support/redis.ts";
import { until } from "../../support/wait.ts";
import { cursorEpoch, Deployment, DURABLE, expectAll, gapsOf, key, range, Sender, underLoad } from "./deployment.ts";
import { ChatNode, heard } from "./node.ts";

/** Short, so that members leave within a test. */
const QUICK: Partial<Settings> = { lingerMs: 500, renewMs: 2_000 };

const REFUSED = { type: "refused", code: "overloaded" };
const NOTHING_STORED = { ...REFUSED, message: expect.stringContaining("Nothing was stored") };

describeWith("nodes on one Redis, when something fails", [redis], () => {
  test("a node that is killed loses nothing: its clients repeat and resume at another node", async () => {
    await using deployment = await Deployment.start();
    const [{ node: one }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    const senders = [new Sender(one, ada.session, "a"), new Sender(two, grace.session, "g")];
    await senders[0]?.acknowledges(50);
    await one.kill();
    const seen = ada.outlet.seqs.at(-1) ?? 0;
    const resumed = await two.read(ada.session, `${cursorEpoch(ada)}-${seen}`, 2);
    senders[0]?.moveTo(two);
    await senders[0]?.acknowledges(50);
    await Promise.all(senders.map((sender) => sender.stop()));
    await expectAll(grace.outlet, senders);
    const last = grace.outlet.seqs.at(-1) ?? 0;
    await until("all events", () => resumed.seqs.at(-1) === last);
    expect([...ada.outlet.seqs, ...resumed.seqs]).toEqual(range(2, last));
    expect([...gapsOf(grace.outlet), ...gapsOf(resumed)]).toEqual([]);
  });

  test("a node that stands still wakes with all events in order, and its members join again", async () => {
    await using deployment = await Deployment.start(DURABLE, QUICK);
    const [{ node: one, proxy }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    const sender = new Sender(two, grace.session, "g");
    proxy.partitioned = true;
    await until("Ada's left", () => grace.outlet.types.includes("left"));
    await sender.acknowledges(20);
    proxy.partitioned = false;
    await until("Ada's joined", () => grace.outlet.types.at(-1) === "joined" || isBack(grace.outlet, "Ada"));
    await sender.acknowledges(20);
    await sender.stop();
    for (const { outlet } of [ada, grace]) {
      await expectAll(outlet, [sender]);
      expect(gapsOf(outlet)).toEqual([]);
      const presence = outlet.events.flatMap((event) =>
        (event.type === "left" || event.type === "joined") && event.member.name === "Ada" ? [event.type] : [],
      );
      expect(presence).toEqual(["left", "joined"]);
    }
    expect((await two.hub.members(grace.session)).members.map(({ name }) => name).toSorted()).toEqual(["Ada", "Grace"]);
  });

  test("a partitioned node holds its readers, then sends them away, and has everything once it is back", async () => {
    await using deployment = await Deployment.start(DURABLE, { outageHoldMs: 1_500 });
    const [{ node: one, proxy }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    const sender = new Sender(two, grace.session, "g");
    await sender.acknowledges(10);
    proxy.partitioned = true;
    await until("the node to notice", () => !one.store.link.connected);
    expect(ada.outlet.bye).toBeNull();
    await expect(one.hub.check()).rejects.toMatchObject({ code: "overloaded" });
    expect(await one.say(ada.session, "refused")).toMatchObject(NOTHING_STORED);
    await until("bye", () => ada.outlet.bye !== null);
    expect(ada.outlet.bye).toMatchObject({ reason: "drain", retry: true });
    await expect(one.read(ada.session, ada.cursor, 2)).rejects.toMatchObject({ code: "overloaded" });
    const seen = ada.outlet.seqs.at(-1) ?? 0;
    const there = await two.read(ada.session, `${cursorEpoch(ada)}-${seen}`, 3);
    await sender.acknowledges(10);
    proxy.partitioned = false;
    await deployment.allHear();
    await one.hub.check();
    const back = await one.read(ada.session, `${cursorEpoch(ada)}-${seen}`, 4);
    await sender.acknowledges(10);
    await sender.stop();
    for (const outlet of [grace.outlet, there, back]) {
      const last = Math.max(...sender.acknowledged.values());
      await until("all events", () => (outlet.seqs.at(-1) ?? 0) >= last);
      expect(gapsOf(outlet)).toEqual([]);
    }
    await expectAll(grace.outlet, [sender]);
    const all = [...ada.outlet.seqs, ...back.seqs];
    expect(all).toEqual(range(2, all.at(-1) ?? 0));
  });

  test("while all nodes are partitioned nobody leaves, and everything resumes by itself", async () => {
    await using deployment = await Deployment.start(DURABLE, QUICK);
    const { visitors, senders } = await underLoad(deployment);
    await Promise.all(senders.map((sender) => sender.acknowledges(10)));
    for (const proxy of deployment.proxies) proxy.refuses = true;
    await until("all deadlines to pass", async () => {
      const [seconds] = (await deployment.redis.command("TIME")) as [string, string];
      return (
        (await deployment.redis.command("ZCOUNT", key(deployment, "u"), `${Number(seconds) * 1_000}`, "+inf")) === 0
      );
    });
    for (const proxy of deployment.proxies) proxy.refuses = false;
    await Promise.all(senders.map((sender) => sender.acknowledges(10)));
    await Promise.all(senders.map((sender) => sender.stop()));
    for (const { outlet } of visitors) {
      await expectAll(outlet, senders);
      expect(gapsOf(outlet)).toEqual([]);
      expect(outlet.types).not.toContain("left");
      expect(outlet.bye).toBeNull();
    }
  });

  test("a Redis that stands still is like a partition of all, and has stored each message once", async () => {
    await using deployment = await Deployment.start();
    const { node: one } = deployment.at(0);
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(deployment.at(1).node, "Grace");
    await deployment.redis.kill("SIGSTOP");
    // It reaches Redis, which executes it when it wakes, though nobody waits on that connection any more.
    const sender = new Sender(one, ada.session, "a");
    await until("both to notice", () => deployment.nodes.every(({ store }) => !store.link.connected));
    expect(await one.say(ada.session, "refused")).toMatchObject(NOTHING_STORED);
    await deployment.redis.kill("SIGCONT");
    await sender.acknowledges(5);
    await sender.stop();
    for (const { outlet } of [ada, grace]) {
      await expectAll(outlet, [sender]);
      expect(gapsOf(outlet)).toEqual([]);
      expect(outlet.bye).toBeNull();
    }
  });

  test("operations that wait while Redis pauses for less than an outage are answered when it goes on", async () => {
    await using deployment = await Deployment.start();
    const { node } = deployment.at(0);
    const ada = await deployment.enter(node, "Ada");
    await deployment.redis.kill("SIGSTOP");
    const first = node.say(ada.session, "first");
    await until("an echo to be missing", () => !node.store.link.hearing || node.store.link.echoAgeMs > 2_000);
    const second = node.say(ada.session, "second");
    await until("the node to be deaf", () => !node.store.link.hearing);
    await deployment.redis.kill("SIGCONT");
    expect(await first).toMatchObject({ type: "ok" });
    expect(await second).toMatchObject({ type: "ok" });
  });

  test("while a script of another client blocks Redis, messages are refused whole, and later all goes on", async () => {
    await using deployment = await Deployment.start();
    const { node } = deployment.at(0);
    const ada = await deployment.enter(node, "Ada");
    await deployment.redis.config("busy-reply-threshold", "10");
    const blocking = deployment.redis.command("EVAL", "while true do end", "0").catch((error: unknown) => error);
    expect(
      await until("a refusal", async () => {
        const reply = await node.say(ada.session, "refused");
        return reply?.type === "refused" ? reply : null;
      }),
    ).toMatchObject(REFUSED);
    await until("both to notice", () => deployment.nodes.every(({ store }) => !store.link.hearing));
    await deployment.redis.command("SCRIPT", "KILL");
    expect(await blocking).toBeInstanceOf(Error);
    const sender = new Sender(node, ada.session, "a");
    await sender.acknowledges(5);
    await sender.stop();
    await expectAll(ada.outlet, [sender]);
    expect(gapsOf(ada.outlet)).toEqual([]);
  });

  test("at the memory limit messages are refused whole; readers and members stay, leaving works, and all resumes", async () => {
    await using deployment = await Deployment.start(DURABLE, { ...QUICK, lingerMs: 60_000 });
    const [{ node: one, proxy }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    const others = [await deployment.enter(two, "Linus"), await deployment.enter(two, "Barbara")];
    const deadline = async (): Promise<number> =>
      Number(await deployment.redis.command("ZSCORE", key(deployment, "u"), ada.id));
    await deployment.redis.config("maxmemory", "1");
    expect(await one.say(ada.session, "too much")).toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(/Nothing was stored|The store is full/),
    });
    const before = await deadline();
    await until("Ada's renewal", async () => (await deadline()) > before);
    await two.hub.quit(others[0]?.session);
    await until("Linus' left", () => isGone(ada.outlet, "Linus"));
    // A node that connects again catches up, though it can't store anything.
    proxy.refuses = true;
    await two.hub.quit(others[1]?.session);
    proxy.refuses = false;
    await until("Barbara's left", () => isGone(ada.outlet, "Barbara"));
    const moved = await two.read(ada.session, ada.cursor, 2);
    await until("what the other node was written", () => moved.seqs.at(-1) === ada.outlet.seqs.at(-1));
    await deployment.redis.config("maxmemory", "0");
    const sender = new Sender(one, ada.session, "a");
    await sender.acknowledges(5);
    await sender.stop();
    for (const outlet of [grace.outlet, moved]) await expectAll(outlet, [sender]);
    expect(moved.events.some((event) => event.type === "message" && event.text === "too much")).toBe(false);
  });

  test("a Redis that lacks its replicas refuses messages whole, and readers catch up", async () => {
    await using deployment = await Deployment.start();
    const [{ node: one, proxy }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    proxy.refuses = true;
    await two.say(grace.session, "before");
    await deployment.redis.config("min-replicas-to-write", "1");
    proxy.refuses = false;
    await heard(ada.outlet, "before");
    expect(await one.say(ada.session, "refused")).toMatchObject(NOTHING_STORED);
    await deployment.redis.config("min-replicas-to-write", "0");
    expect(await one.say(ada.session, "after")).toMatchObject({ type: "ok" });
    await heard(grace.outlet, "after");
    expect(ada.outlet.seqs).toEqual([2, 3, 4]);
  });

  test("a Redis that can't write its file refuses messages whole, readers stay, and all resumes", async () => {
    // Saves happen only when the test asks for one.
    await using deployment = await Deployment.start({ save: "86400 1000000", "enable-protected-configs": "local" });
    const [{ node: one }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    await two.say(grace.session, "before");
    await heard(ada.outlet, "before");
    using there = new Folder();
    using gone = new Folder();
    await deployment.redis.config("dir", gone.path);
    gone[Symbol.dispose]();
    await saveEnding(deployment, "err");
    await expect(deployment.redis.command("SET", "any", "value")).rejects.toThrow(/^MISCONF /);
    expect(await one.say(ada.session, "refused")).toMatchObject(NOTHING_STORED);
    const later = await one.read(ada.session, ada.cursor, 2);
    await heard(later, "before");
    await deployment.redis.config("dir", there.path);
    await saveEnding(deployment, "ok");
    expect(await one.say(ada.session, "after")).toMatchObject({ type: "ok", seq: 4 });
    for (const outlet of [grace.outlet, later]) {
      await heard(outlet, "after");
      expect(outlet.bye).toBeNull();
      expect(gapsOf(outlet)).toEqual([]);
    }
    expect(later.seqs).toEqual([2, 3, 4]);
  });

  test.each<[string, (deployment: Deployment) => Promise<unknown>]>([
    ["scripts are flushed", ({ redis: server }) => server.command("SCRIPT", "FLUSH")],
    ["subscribers are killed", ({ redis: server }) => server.command("CLIENT", "KILL", "TYPE", "pubsub")],
    ["subscribers' output buffers overrun", overrunSubscribers],
    ["all connections are cut", async ({ proxies }) => proxies.forEach((proxy) => void proxy.cut())],
  ])("under load nothing is missing or duplicated though %s", async (_, fail) => {
    await using deployment = await Deployment.start();
    const { visitors, senders } = await underLoad(deployment);
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(senders.map((sender) => sender.acknowledges(10)));
      expect(await fail(deployment)).not.toBe(0);
    }
    await Promise.all(senders.map((sender) => sender.acknowledges(10)));
    await Promise.all(senders.map((sender) => sender.stop()));
    for (const { outlet } of visitors) {
      await expectAll(outlet, senders);
      expect(gapsOf(outlet)).toEqual([]);
    }
  });

  test("a node whose replies don't arrive, though its subscriptions do, connects again and repeats its calls", async () => {
    await using deployment = await Deployment.start();
    const { node, proxy } = deployment.at(0);
    const ada = await deployment.enter(node, "Ada");
    proxy.swallowReplies();
    expect(await node.say(ada.session, "once")).toMatchObject({ type: "ok", seq: 2 });
    await heard(ada.outlet, "once");
    expect(ada.outlet.seqs).toEqual([2]);
  });

  test("a message whose reply is lost is repeated, stored once, and acknowledged with its seq", async () => {
    await using deployment = await Deployment.start();
    const [{ node: one, proxy }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    proxy.swallowReplies();
    const reply = one.say(ada.session, "once");
    await heard(grace.outlet, "once");
    proxy.cut();
    expect(await reply).toMatchObject({ type: "ok", seq: 3 });
    await heard(ada.outlet, "once");
    await two.say(grace.session, "after");
    for (const { outlet } of [ada, grace]) {
      await heard(outlet, "after");
      expect(gapsOf(outlet)).toEqual([]);
    }
    expect(ada.outlet.seqs).toEqual([2, 3, 4]);
  });

  test("a node starts while Redis is at its memory limit, unless it has to store the secret first", async () => {
    await using server = await RedisServer.start();
    await server.config("maxmemory", "1");
    await expect(ChatNode.start(server.url)).rejects.toMatchObject({
      name: "StoreError",
      message: expect.stringContaining("OOM"),
    });
    await server.config("maxmemory", "0");
    await using _one = await ChatNode.start(server.url);
    await server.config("maxmemory", "1");
    await using _two = await ChatNode.start(server.url);
  });

  test("a message without a reply is refused after 8 s with an unknown outcome", async () => {
    await using deployment = await Deployment.start();
    const [{ node: one, proxy }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    proxy.swallowReplies();
    const reply = one.say(ada.session, "unknown");
    await heard(grace.outlet, "unknown");
    proxy.refuses = true;
    expect(await reply).toMatchObject({ ...REFUSED, message: expect.stringContaining("It is not known") });
    expect(await one.say(ada.session, "another")).toMatchObject(NOTHING_STORED);
    proxy.refuses = false;
    await until("the same seq", async () => (await one.say(ada.session, "unknown"))?.type === "ok");
    expect(await one.say(ada.session, "unknown")).toMatchObject({ type: "ok", seq: 3 });
    expect(await one.say(ada.session, "another")).toMatchObject({ type: "ok", seq: 4 });
  });

  test("a message without a reply that Redis then refuses has an unknown outcome, not none", async () => {
    await using deployment = await Deployment.start();
    const [{ node: one, proxy }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    proxy.swallowReplies();
    const reply = one.say(ada.session, "stored");
    await heard(grace.outlet, "stored");
    await deployment.redis.config("maxmemory", "1");
    proxy.cut();
    expect(await reply).toMatchObject({ ...REFUSED, message: expect.stringContaining("It is not known") });
    await deployment.redis.config("maxmemory", "0");
    const again = await until("memory", async () => {
      const each = await one.say(ada.session, "stored");
      return each?.type === "ok" ? each : null;
    });
    expect(again.seq).toBe(3);
  });
});

function isGone({ events }: RecordingOutlet, name: string): boolean {
  return events.some((event) => event.type === "left" && event.member.name === name);
}

function isBack({ events }: RecordingOutlet, name: string): boolean {
  return events.some((event) => event.type === "joined" && event.member.name === name);
}

/** Makes Redis save its data. Resolves when that has ended as expected. */
async function saveEnding({ redis: server }: Deployment, status: "ok" | "err"): Promise<void> {
  await server.command("BGSAVE");
  await until(`a save that ends with ${status}`, async () => {
    const info = String(await server.command("INFO", "persistence"));
    return info.includes("rdb_bgsave_in_progress:0") && info.includes(`rdb_last_bgsave_status:${status}`);
  });
}

/** Publishes more at once than the buffer of a subscriber may hold. Resolves when Redis has closed their connections. */
async function overrunSubscribers(deployment: Deployment): Promise<void> {
  const { redis: server } = deployment;
  await server.config("client-output-buffer-limit", "pubsub 65536 0 0");
  const closings = (): number => server.output.split("overcoming of output buffer limits").length;
  const before = closings();
  await server.command("SPUBLISH", key(deployment, "c"), `epoch 0 another\n${"z".repeat(200_000)}`);
  await until("Redis to close a subscriber", () => closings() > before);
}
