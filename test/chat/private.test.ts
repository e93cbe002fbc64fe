import { describe, expect, test } from "vitest";
import type { ChatHub } from "../../src/chat/hub.ts";
import { keyIdOf, RoomKeyHasher } from "../../src/chat/room-key.ts";
import type { Settings } from "../../src/chat/settings.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import type { Session } from "../../src/protocol/http.ts";
import { asRoom } from "../support/cast.ts";
import { say } from "../support/ids.ts";
import { ManualWorld } from "../support/manual-world.ts";

const KEY = "a key for two";
const OTHER = "another key";
const den = asRoom("den");

type Opened = Pick<Session, "session" | "member" | "epoch">;

class Scene {
  readonly world = new ManualWorld();
  readonly hub: ChatHub;

  constructor(settings: Partial<Settings> = {}) {
    this.hub = this.world.hub(settings);
  }

  open(room: string, key?: string): Promise<Opened> {
    return this.hub.open({ room: asRoom(room), name: "Ada", ...(key === undefined ? {} : { key }) });
  }

  /** Lets everybody leave by silence and the rooms be given up. */
  async giveUpRooms(): Promise<void> {
    await this.world.advance(120_000);
    // An empty room is closed when another needs its place, and given up when nobody has used it for `replayMs`.
    await this.open("filler");
    await this.world.advance(120_000);
    await this.open("filler-2");
    await this.world.advance(120_000);
  }
}

describe("a room key's hash", () => {
  test("does not contain the key, and differs each time", async () => {
    const hasher = new RoomKeyHasher();
    const [one, two] = await Promise.all([hasher.hash(KEY), hasher.hash(KEY)]);
    expect(JSON.stringify(one)).not.toContain(KEY);
    expect(one.hash).not.toBe(two.hash);
    expect(keyIdOf(one)).not.toBe(keyIdOf(two));
    expect(one.hash).not.toContain(keyIdOf(one));
    expect(keyIdOf(null)).toBe("");
  });

  test("is verified with its key in any Unicode form, in this process and the next", async () => {
    const hasher = new RoomKeyHasher();
    const keyHash = await hasher.hash("Schl\u00fcssel");
    for (const each of [hasher, new RoomKeyHasher()]) {
      expect(await each.verify(keyHash, "schl\u00fcssel")).toBe(false);
      expect(await each.verify(keyHash, "")).toBe(false);
      expect(await each.verify(keyHash, "Schlu\u0308ssel")).toBe(true);
      expect(await each.verify(keyHash, "Schlu\u0308sse1")).toBe(false);
    }
  });

  test("that is damaged is verified with no key", async () => {
    const keyHash = await new RoomKeyHasher().hash(KEY);
    expect(await new RoomKeyHasher().verify({ ...keyHash, hash: "" }, KEY)).toBe(false);
    expect(await new RoomKeyHasher().verify({ ...keyHash, hash: keyHash.hash.slice(0, 20) }, KEY)).toBe(false);
  });

  test("is not computed for too many keys at once", async () => {
    const hasher = new RoomKeyHasher();
    const keyHash = await hasher.hash(KEY);
    const fresh = new RoomKeyHasher(2);
    const tries = await Promise.allSettled(Array.from({ length: 4 }, () => fresh.verify(keyHash, OTHER)));
    const refused = tries.filter((each) => each.status === "rejected");
    expect(refused.map(({ reason }) => reason)).toEqual([
      expect.objectContaining({ code: "overloaded" }),
      expect.objectContaining({ code: "overloaded" }),
    ]);
  });
});

describe("a private room", () => {
  test("refuses everyone without its key, with a reason", async () => {
    const { hub } = new Scene();
    const open = (key?: string) => hub.open({ room: den, name: "Ada", ...(key === undefined ? {} : { key }) });
    await open(KEY);
    await expect(open()).rejects.toMatchObject({ code: "not_allowed", message: expect.stringMatching(/private/) });
    await expect(open(OTHER)).rejects.toMatchObject({
      code: "not_allowed",
      message: expect.stringMatching(/not the key/),
    });
    expect((await open(KEY)).count).toBe(2);
    expect(hub.counts).toMatchObject({ rooms: 1, sessions: 2 });
  });

  test("has the key of one of two callers that create it at once", async () => {
    const { hub } = new Scene();
    const tries = await Promise.allSettled([KEY, OTHER].map((key) => hub.open({ room: den, name: "Ada", key })));
    expect(tries.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(hub.counts).toMatchObject({ rooms: 1, sessions: 1 });
  });

  test("that was deleted is not entered by its old sessions, even if a new room has its name", async () => {
    const scene = new Scene({ rooms: 1, replayMs: 60_000, lockMs: 60_000 });
    const ada = await scene.open("den", KEY);
    await scene.giveUpRooms();
    // A session alone must not make it again: it would be open to all.
    await expect(scene.hub.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
    await expect(scene.hub.post(ada.session, say("hello?"))).resolves.toMatchObject({ code: "session_unknown" });
    const eve = await scene.open("den");
    for (const attempt of attempts(scene.hub, ada))
      await expect(attempt()).rejects.toMatchObject({ code: "session_unknown" });
    expect((await scene.hub.members(eve.session)).count).toBe(1);
    await expect(scene.open("den", KEY)).rejects.toMatchObject({ code: "not_allowed" });
  });

  test("refuses a session of a public room that had its name before", async () => {
    const scene = new Scene({ rooms: 1, replayMs: 60_000 });
    const mallory = await scene.open("den");
    await scene.giveUpRooms();
    await scene.open("den", KEY);
    for (const attempt of attempts(scene.hub, mallory)) {
      await expect(attempt()).rejects.toMatchObject({ code: "session_unknown" });
    }
  });

  test("that was deleted can be created again only with its key, for a day", async () => {
    const scene = new Scene({ rooms: 1, replayMs: 60_000 });
    const ada = await scene.open("den", KEY);
    await scene.giveUpRooms();
    for (const key of [undefined, OTHER])
      await expect(scene.open("den", key)).rejects.toMatchObject({ code: "not_allowed" });
    const made = await scene.open("den", KEY);
    expect(made.epoch).not.toBe(ada.epoch);
    expect((await scene.hub.members(made.session)).count).toBe(1);
  });

  test("keeps its key while it is empty, and its member returns by session alone", async () => {
    const scene = new Scene();
    const ada = await scene.open("den", KEY);
    await scene.world.advance(120_000);
    await expect(scene.open("den")).rejects.toMatchObject({ code: "not_allowed" });
    expect(await scene.hub.admit({ session: ada.session, after: undefined, reader: 1, transport: "x" })).toBeDefined();
    expect((await scene.hub.current(ada.session)).count).toBe(1);
  });
});

function attempts(hub: ChatHub, { session, epoch }: Opened): (() => Promise<unknown>)[] {
  const before = `${epoch}-1`;
  return [
    () => hub.current(session),
    () => hub.members(session),
    () => hub.history(session, before as Parameters<ChatHub["history"]>[1], 5),
    async () => {
      const reply = await hub.post(session, say("hello"));
      if (reply?.type === "refused") throw new ProtocolError(reply.code);
    },
    async () => hub.admit({ session, after: undefined, reader: 1, transport: "x" }),
  ];
}
