import { createClient } from "@redis/client";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import { DEFAULT_SETTINGS } from "../../../src/chat/settings.ts";
import { type Appended, type Op, type RoomLimits, RoomScripts, type Snapshot } from "../../../src/log/redis/scripts.ts";
import type { RoomName } from "../../../src/protocol/ids.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { asCommandId, asEpoch, asMember, asRoom } from "../../support/cast.ts";
import { freshRoom } from "../../support/ids.ts";
import { RedisServer } from "../../support/redis.ts";

const ADA = asMember("ada");
const BOB = asMember("bob");
const E1 = asEpoch("e1");

describeWith("the Lua scripts of a room", [redis], () => {
  let server: RedisServer;
  let client: ReturnType<typeof createClient>;
  let room: RoomName;

  beforeAll(async () => {
    server = await RedisServer.start();
    client = createClient({ url: server.url });
    client.on("error", () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    room = asRoom(freshRoom());
  });

  function scriptsWith(limits: Partial<RoomLimits> = {}): RoomScripts {
    return new RoomScripts(
      (script, keys, args) => client.eval(script.source, { keys: [...keys], arguments: [...args] }),
      "sk",
      { ...DEFAULT_SETTINGS, ...limits },
    );
  }

  async function create(scripts: RoomScripts): Promise<void> {
    const opened = await scripts.open(room, { create: { epoch: E1, keyHash: null }, after: null, events: 0, bytes: 0 });
    expect(opened.kind).toBe("open");
  }

  async function snapshot(scripts: RoomScripts, after: number | null = null, events = 1000): Promise<Snapshot> {
    const opened = await scripts.open(room, { create: null, after, events, bytes: 1_000_000 });
    if (opened.kind !== "open") throw new Error(`the room is ${opened.kind}`);
    return opened.snapshot;
  }

  async function append(
    scripts: RoomScripts,
    ops: readonly Op[],
    node = "n1",
  ): Promise<Extract<Appended, { kind: "ok" }>> {
    const appended = await scripts.append(room, node, ops);
    if (appended.kind !== "ok") throw new Error(`the room is ${appended.kind}`);
    return appended;
  }

  function say(id: string, text = "hi"): Op {
    const from = { id: ADA, name: "Ada" };
    return { op: "say", member: ADA, id: asCommandId(id), tail: `${JSON.stringify({ id, from, text }).slice(1)}` };
  }
  function join(id: string, leadMs = 60_000, via = ""): Op {
    const member = asMember(id);
    return { op: "join", member, leadMs, author: JSON.stringify({ id, name: id }), via };
  }

  test("a room that is made, joined, written to and left has all of it in its snapshot", async () => {
    const scripts = scriptsWith();
    expect(await scripts.open(room, { create: null, after: null, events: 0, bytes: 0 })).toEqual({ kind: "absent" });
    await create(scripts);
    const ops = [join("ada", 60_000, "sse"), join("bob"), say("c1"), say("c1"), { op: "leave", member: BOB } as const];
    const { first, head, answers, bodies } = await append(scripts, ops);
    expect({ first, head, answers }).toEqual({
      first: 1,
      head: 4,
      answers: [
        { kind: "stored", seq: 1 },
        { kind: "stored", seq: 2 },
        { kind: "stored", seq: 3 },
        { kind: "again", seq: 3 },
        { kind: "stored", seq: 4 },
      ],
    });
    const { members, events } = await snapshot(scripts);
    expect(members).toEqual([{ author: { id: "ada", name: "ada" }, via: "sse" }]);
    expect(events).toEqual(bodies.map((body, index) => ({ seq: index + 1, body })));
    expect(events.map(({ body }) => JSON.parse(body).seq)).toEqual([1, 2, 3, 4]);
  });
});
