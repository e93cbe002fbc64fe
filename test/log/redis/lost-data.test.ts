import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { asRoom } from "../../support/cast.ts";
import { Folder } from "../../support/folder.ts";
import { RedisServer } from "../../support/redis.ts";
import { until } from "../../support/wait.ts";
import { cursorEpoch, Deployment, DURABLE, expectAll, gapsOf, key, range, underLoad } from "./deployment.ts";
import { ChatNode, heard } from "./node.ts";
import { RedisProxy } from "./support.ts";

describeWith("nodes on one Redis, when Redis restarts, fails over or loses data", [redis], () => {
  test.each([
    ["killed with appendfsync everysec", "everysec", "SIGKILL"],
    ["killed with appendfsync always", "always", "SIGKILL"],
    ["restarted", "everysec", "SIGTERM"],
  ] as const)(
    "a Redis that is %s under load loses no acknowledged message and assigns no seq twice",
    async (...how) => {
      const [, appendfsync, signal] = how;
      await using deployment = await Deployment.start({ appendonly: "yes", appendfsync });
      const { visitors, senders } = await underLoad(deployment, 3);
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(senders.map((sender) => sender.acknowledges(15)));
        await deployment.redis.kill(signal);
        await deployment.redis.restart();
      }
      await Promise.all(senders.map((sender) => sender.acknowledges(15)));
      await Promise.all(senders.map((sender) => sender.stop()));
      for (const { outlet } of visitors) {
        await expectAll(outlet, senders);
        expect(gapsOf(outlet).length).toBeGreaterThan(0);
        expect(gapsOf(outlet).every((missed) => missed === 0)).toBe(true);
      }
      const late = await (await deployment.add()).read(visitors[0]?.session ?? ("" as never), undefined, 2);
      await until("live", () => late.types.includes("live"));
    },
  );

  test("after a failover found by Sentinel, what the lagging replica lacked is put back by the nodes", async () => {
    await using primary = await RedisServer.start({ config: DURABLE });
    await using link = await RedisProxy.open(primary.port);
    await using replica = await startReplica(link);
    await using sentinel = await RedisServer.startSentinel({ primary, name: "chat" });
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/chat`;
    await using one = await ChatNode.start(url);
    await using two = await ChatNode.start(url);
    const ada = await one.hub.open({ room: asRoom("sentinel"), name: "Ada" });
    const outlets = [await one.read(ada.session, ada.cursor), await two.read(ada.session, ada.cursor, 2)];
    link.partitioned = true;
    await one.say(ada.session, "not copied");
    for (const outlet of outlets) await heard(outlet, "not copied");
    await primary.kill();
    await until("the next message", async () => (await two.say(ada.session, "after"))?.type === "ok");
    expect(String(await replica.command("INFO", "replication"))).toContain("role:master");
    for (const outlet of outlets) {
      await heard(outlet, "after");
      expect(outlet.seqs).toEqual([2, 3]);
      expect(gapsOf(outlet)).toEqual([0]);
    }
    expect(await two.say(ada.session, "not copied")).toMatchObject({ type: "ok", seq: 2 });
  });

  test("after a failover, an event that no living node has received becomes a gap of unknown size", async () => {
    await using deployment = await Deployment.start();
    const [{ node: one }, { node: two, proxy }] = [deployment.at(0), deployment.at(1)];
    await using link = await RedisProxy.open(deployment.redis.port);
    await using replica = await startReplica(link);
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(two, "Grace");
    const copied = await one.say(ada.session, "copied");
    await heard(grace.outlet, "copied");
    await until("the copy", async () => (await replica.command("XLEN", key(deployment, "s"))) === 3);
    link.partitioned = true;
    proxy.partitioned = true;
    const lost = await one.say(ada.session, "lost");
    expect([copied, lost]).toMatchObject([{ seq: 3 }, { seq: 4 }]);
    await heard(ada.outlet, "lost");
    await one.kill();
    await failOver(deployment, replica);
    proxy.partitioned = false;
    await until("the next message", async () => (await two.say(grace.session, "after"))?.type === "ok");
    await heard(grace.outlet, "after");
    // Grace had not heard it, so she has missed nothing.
    expect(gapsOf(grace.outlet)).toEqual([0]);
    const resumed = await two.read(ada.session, `${cursorEpoch(ada)}-4`, 2);
    await heard(resumed, "after");
    expect(gapsOf(resumed)).toEqual([null]);
    expect(resumed.seqs).toEqual(grace.outlet.seqs.filter((seq) => seq > 3));
    expect(await two.say(ada.session, "lost")).toMatchObject({ type: "ok" });
    await heard(grace.outlet, "lost");
    await heard(resumed, "lost");
  });

  test("a room that the new primary lacks whole begins again, and its readers get a gap of unknown size", async () => {
    await using deployment = await Deployment.start();
    await using link = await RedisProxy.open(deployment.redis.port);
    await using replica = await startReplica(link);
    link.partitioned = true;
    const { visitors, senders } = await underLoad(deployment);
    await Promise.all(senders.map((sender) => sender.acknowledges(5)));
    await failOver(deployment, replica);
    await Promise.all(senders.map((sender) => sender.acknowledges(5)));
    await Promise.all(senders.map((sender) => sender.stop()));
    const last = Math.max(...senders.map(({ acknowledged }) => [...acknowledged.values()].at(-1) ?? 0));
    for (const { outlet } of visitors) {
      await until("the end", () => gapsOf(outlet).length > 0 && (outlet.seqs.at(-1) ?? 0) >= last);
      expect(gapsOf(outlet)).toEqual([null]);
      const since = outlet.seqs.slice(outlet.seqs.lastIndexOf(1));
      expect(since).toEqual(range(1, since.at(-1) ?? 0));
    }
  });

  test("nodes leave a primary that became a replica, and nothing is missing at the new one", async () => {
    await using deployment = await Deployment.start();
    await using replica = await RedisServer.start({ config: DURABLE, replicaOf: deployment.redis });
    const { visitors, senders } = await underLoad(deployment);
    await Promise.all(senders.map((sender) => sender.acknowledges(10)));
    await until("the copy", async () => Number(await replica.command("XLEN", key(deployment, "s"))) > 10);
    await deployment.redis.config("min-replicas-to-write", "1");
    for (const proxy of deployment.proxies) proxy.target = replica.port;
    await replica.command("REPLICAOF", "NO", "ONE");
    await deployment.redis.command("REPLICAOF", "127.0.0.1", String(replica.port));
    await Promise.all(senders.map((sender) => sender.acknowledges(10)));
    await Promise.all(senders.map((sender) => sender.stop()));
    for (const { outlet } of visitors) {
      await expectAll(outlet, senders);
      expect(gapsOf(outlet)).toEqual([0]);
    }
  });

  test("readers of a room whose keys were flushed get a gap of unknown size at every node, and its members come back", async () => {
    await using deployment = await Deployment.start();
    const [{ node: one }, { node: two }] = [deployment.at(0), deployment.at(1)];
    const visitors = [await deployment.enter(one, "Ada"), await deployment.enter(two, "Grace")];
    const [ada] = visitors;
    await one.say(ada?.session ?? ("" as never), "before");
    for (const { outlet } of visitors) await heard(outlet, "before");
    await deployment.redis.command("FLUSHALL");
    await one.say(ada?.session ?? ("" as never), "after");
    for (const { outlet } of visitors) {
      await heard(outlet, "after");
      expect(gapsOf(outlet)).toEqual([null]);
      await until("both to be listed", async () => {
        const { members } = await two.hub.members(visitors[1]?.session);
        return (
          members
            .map(({ name }) => name)
            .toSorted()
            .join() === "Ada,Grace"
        );
      });
    }
  });

  test("events that are gone though their room exists become a gap with their number", async () => {
    await using deployment = await Deployment.start();
    const { node: one } = deployment.at(0);
    const ada = await deployment.enter(one, "Ada");
    for (const text of ["2", "3", "4", "5", "6", "7"]) await one.say(ada.session, text);
    await deployment.redis.command("XDEL", key(deployment, "s"), "4-0", "5-0");
    const second = await deployment.add();
    const holed = await second.read(ada.session, `${cursorEpoch(ada)}-1`, 2);
    await heard(holed, "7");
    expect(holed.seqs).toEqual([2, 3, 6, 7]);
    expect(gapsOf(holed)).toEqual([2]);
    await deployment.redis.command("DEL", key(deployment, "s"));
    const third = await deployment.add();
    const emptied = await third.read(ada.session, `${cursorEpoch(ada)}-2`, 3);
    await until("the gap", () => gapsOf(emptied).length > 0);
    expect(gapsOf(emptied)).toEqual([5]);
    expect(await third.say(ada.session, "8")).toMatchObject({ seq: 8 });
    for (const outlet of [ada.outlet, holed, emptied]) await heard(outlet, "8");
    expect(ada.outlet.seqs).toEqual(range(2, 8));
    expect(gapsOf(ada.outlet)).toEqual([]);
  });

  test("after a backup is restored living nodes put back what came after it", async () => {
    await using deployment = await Deployment.start();
    const { node: one } = deployment.at(0);
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(deployment.at(1).node, "Grace");
    await one.say(ada.session, "in the backup");
    using backup = await copyData(deployment);
    await one.say(ada.session, "after the backup");
    for (const { outlet } of [ada, grace]) await heard(outlet, "after the backup");
    await restoreData(deployment, backup);
    await until("the next message", async () => (await one.say(ada.session, "next"))?.type === "ok");
    for (const { outlet } of [ada, grace]) {
      await heard(outlet, "next");
      expect(gapsOf(outlet)).toEqual([0]);
    }
    expect(ada.outlet.seqs).toEqual([2, 3, 4, 5]);
    expect(await one.say(ada.session, "after the backup")).toMatchObject({ seq: 4 });
  });

  test("after a backup is restored that no node outlived, a cursor beyond it gets a gap of unknown size", async () => {
    await using deployment = await Deployment.start();
    const { node: one } = deployment.at(0);
    const ada = await deployment.enter(one, "Ada");
    const grace = await deployment.enter(deployment.at(1).node, "Grace");
    await one.say(ada.session, "in the backup");
    using backup = await copyData(deployment);
    await one.say(ada.session, "after the backup");
    for (const node of deployment.nodes) await node.kill();
    await restoreData(deployment, backup);
    const next = await deployment.add();
    const beyond = await next.read(ada.session, `${cursorEpoch(ada)}-4`, 2);
    const within = await next.read(grace.session, `${cursorEpoch(ada)}-2`, 2);
    expect(await next.say(ada.session, "next")).toMatchObject({ seq: 4 });
    for (const outlet of [beyond, within]) await heard(outlet, "next");
    expect(gapsOf(beyond)).toEqual([null]);
    expect(beyond.seqs).toEqual([4]);
    expect(gapsOf(within)).toEqual([0]);
    expect(within.seqs).toEqual([3, 4]);
  });

  test("a reader that catches up from Redis while a new epoch begins gets every event", async () => {
    await using deployment = await Deployment.start();
    const { node } = deployment.at(0);
    const ada = await deployment.enter(node, "Ada");
    // More than a node has in memory.
    for (let n = 0; n < 1_200; n += 100) {
      await Promise.all(range(n, n + 99).map((each) => node.say(ada.session, `c${each}`)));
    }
    await deployment.redis.restart();
    await deployment.allHear();
    const late = await node.read(ada.session, `${cursorEpoch(ada)}-0`, 2);
    await until("all events", () => late.seqs.at(-1) === 1_201);
    expect(gapsOf(late)).toEqual([0]);
    expect(late.seqs).toEqual(range(1, 1_201));
  });
});

/** Starts a replica that is connected through a proxy, so that it can be made to lag. Resolves when it has everything. */
async function startReplica(link: RedisProxy): Promise<RedisServer> {
  const replica = await RedisServer.start({ config: { ...DURABLE, replicaof: `127.0.0.1 ${link.port}` } });
  await until("the replica's first copy", async () =>
    String(await replica.command("INFO", "replication")).includes("master_link_status:up"),
  );
  return replica;
}

/** Kills the primary, promotes a replica, and lets all nodes find it. */
async function failOver({ redis: primary, proxies }: Deployment, replica: RedisServer): Promise<void> {
  await primary.kill();
  await replica.command("REPLICAOF", "NO", "ONE");
  for (const proxy of proxies) proxy.target = replica.port;
}

async function folderOf({ redis: server }: Deployment): Promise<string> {
  const [, folder] = (await server.command("CONFIG", "GET", "dir")) as [string, string];
  return join(folder, "appendonlydir");
}

async function copyData(deployment: Deployment): Promise<Folder> {
  const backup = new Folder();
  cpSync(await folderOf(deployment), backup.path, { recursive: true });
  return backup;
}

async function restoreData(deployment: Deployment, backup: Folder): Promise<void> {
  const folder = await folderOf(deployment);
  await deployment.redis.kill();
  rmSync(folder, { recursive: true });
  cpSync(backup.path, folder, { recursive: true });
  await deployment.redis.restart();
}
