import { afterAll, beforeAll, expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import type { Op } from "../../../src/log/redis/scripts.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { asCommandId } from "../../support/cast.ts";
import { ADA, join, RedisRoom, RedisUnderTest, say } from "./redis-room.ts";

describeWith("what the script knows better than a node", [redis], () => {
  let server: RedisUnderTest;
  beforeAll(async () => {
    server = await RedisUnderTest.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("a message by POST names the transport that the member reads by as the newest numbers say, wherever it came", async () => {
    const room = await RedisRoom.create(server);
    const read = (via: string): Op => ({ op: "numbers", member: ADA, numbers: "{}", via });
    const viaOf = async (op: Op): Promise<unknown> => JSON.parse((await room.append(op)).bodies[0] ?? "").via;
    expect(await viaOf(say("before it joined", "hi", true))).toBeUndefined();
    await room.append(join("ada"));
    expect(await viaOf(say("not reading", "hi", true))).toBeUndefined();
    await room.append(read("sse"));
    expect(await viaOf(say("reading", "hi", true))).toBe("sse");
    // Another node that does not know it yet.
    await room.append(join("ada"));
    expect(await viaOf(say("another node", "hi", true))).toBe("sse");
    expect(await viaOf(say("by a duplex transport"))).toBeUndefined();
    expect(await room.append(say("no reason to look for deadlines", "hi", true))).toMatchObject({ deadlineMs: null });
    await room.append(read("websocket"));
    expect((await room.read()).members).toEqual([{ author: { id: "ada", name: "ada" }, via: "websocket" }]);
  });

  test("the first reply to a command is found without storing anything", async () => {
    const room = await RedisRoom.create(server);
    const find: Op = { op: "find", member: ADA, id: asCommandId("c1") };
    expect((await room.append(find)).answers).toEqual([{ kind: "done" }]);
    await room.append(say("c0"), say("c1"));
    await room.set({ page_at: 0 });
    await room.with({ replayEvents: 1 }).append(say("c2"));
    expect(await room.append(find)).toMatchObject({ answers: [{ kind: "again", seq: 2 }], lines: [], head: 3 });
  });

  test("of the pages after a seq only the last one has the members", async () => {
    const room = await RedisRoom.create(server);
    await room.append(join("ada"), say("c1"), say("c2"), say("c3"));
    const pages = [{ after: 0, events: 2 }, { after: 2, events: 2 }, { after: 4 }, { after: 1, events: 2 }, {}];
    const present = await Promise.all(pages.map(async (page) => (await room.read(page)).members.length));
    expect(present).toEqual([0, 1, 1, 0, 1]);
  });
});
