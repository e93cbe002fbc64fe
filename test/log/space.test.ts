import { statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Settings } from "../../src/chat/settings.ts";
import type { SessionToken } from "../../src/protocol/ids.ts";
import { asCursor, asRoom } from "../support/cast.ts";
import { say } from "../support/ids.ts";
import { Place } from "./support.ts";

const STORES = ["memory", "sqlite"] as const;
const MEBIBYTE = 1_048_576;

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place[Symbol.dispose]());

function scene(store: (typeof STORES)[number], settings: Partial<Settings>) {
  const { world } = place;
  const whole = { commandRate: null, sessionBytesPerMinute: null, addressBytesPerMinute: null, ...settings };
  const opened = store === "memory" ? undefined : place.open({ settings: whole });
  const hub = world.hub(whole, opened);
  const settled = async <Value>(promise: Promise<Value>): Promise<Value> => {
    promise.catch(() => undefined);
    await world.turn();
    return promise;
  };
  const open = (name: string, owner: string | null) => settled(hub.open({ room: asRoom(name), name: "Ada" }, owner));
  const post = (session: SessionToken, text: string) => settled(hub.post(session, say(text)));
  const history = async (session: SessionToken, epoch: string) =>
    (await settled(hub.history(session, asCursor(`${epoch}-999999`), 500))).events;
  return { world, hub, settled, open, post, history };
}

describe.each(STORES)("in a %s store", (store) => {
  test("joins of one address to a thousand rooms delete nothing of what others stored", async () => {
    const { world, hub, settled, open, post, history } = scene(store, {
      rooms: 100,
      lingerMs: 1_000,
      addressRooms: null,
    });
    const ada = await open("lobby", "ada");
    await post(ada.session, "here to stay");
    await world.advance(2_000);
    for (let n = 0; n < 1_001; n += 1) {
      const { session } = await open(`room-${n}`, "eve");
      await settled(hub.quit(session));
    }
    const back = await open("lobby", "ada");
    expect(back.epoch).toBe(ada.epoch);
    const texts = (await history(back.session, back.epoch)).map((event) => event.type === "message" && event.text);
    expect(texts).toContain("here to stay");
    expect(hub.counts.rooms).toBeLessThanOrEqual(100);
  });

  test("a room that was closed and opened again replies to a duplicate command with the first reply", async () => {
    const { world, hub, settled, open } = scene(store, { rooms: 1, lingerMs: 1_000, replayEvents: 2 });
    const ada = await open("lobby", "ada");
    const commands = [1, 2, 3, 4].map((n) => say(`message ${n}`));
    const replies = await settled(Promise.all(commands.map((command) => hub.post(ada.session, command))));
    await world.advance(2_000);
    const other = await open("other", "ada");
    await settled(hub.quit(other.session));
    expect(await settled(Promise.all(commands.map((command) => hub.post(ada.session, command))))).toEqual(replies);
  });

  test("an address can create rooms only up to its limit, and still join existing ones", async () => {
    const { open } = scene(store, { addressRooms: 3 });
    for (const name of ["one", "two", "three"]) await open(name, "eve");
    await expect(open("four", "eve")).rejects.toMatchObject({ code: "too_many", retryAfterMs: expect.any(Number) });
    await open("four", "ada");
    await open("four", "eve");
    await open("five", null);
  });

  test("an address that fills the store loses its own oldest messages, and nobody is refused", async () => {
    const { open, post, history } = scene(store, { logBytes: 2 * MEBIBYTE, replayBytes: MEBIBYTE / 2 });
    const ada = await open("lobby", "ada");
    for (let n = 0; n < 20; n += 1) await post(ada.session, `ada ${n}`);
    const floods = [];
    for (let n = 0; n < 34; n += 1) floods.push(await open(`flood-${n}`, "eve"));
    for (let n = 0; n < 60; n += 1) {
      for (const { session } of floods) expect(await post(session, "x".repeat(2_000))).toMatchObject({ type: "ok" });
      if (n % 10 === 0) expect(await post(ada.session, `ada again ${n}`)).toMatchObject({ type: "ok" });
    }
    const texts = (await history(ada.session, ada.epoch)).flatMap((event) =>
      event.type === "message" ? [event.text] : [],
    );
    expect(texts).toHaveLength(26);
    const [first] = floods;
    if (first === undefined) throw new Error("no flood");
    expect((await history(first.session, first.epoch)).length).toBeLessThan(40);
  });

  test("stays within its bytes, including what is not deleted yet", async () => {
    const logBytes = 2 * MEBIBYTE;
    const { world, hub, settled, open, post } = scene(store, {
      logBytes,
      lingerMs: 1_000,
      addressRooms: null,
      rooms: 50,
    });
    let most = 0;
    for (let n = 0; n < 150; n += 1) {
      const { session } = await open(`room-${n}`, n % 3 === 0 ? null : `owner-${n % 3}`);
      for (let m = 0; m < 20; m += 1) await post(session, "x".repeat((n * 97) % 3_900));
      await settled(hub.quit(session));
      most = Math.max(most, hub.logBytes);
    }
    expect(most).toBeGreaterThan(logBytes / 2);
    expect(most).toBeLessThan(1.3 * logBytes + MEBIBYTE);
    await world.advance(30_000);
    expect(hub.logBytes).toBeLessThanOrEqual(logBytes);
  });

  test("a readiness check changes nothing", async () => {
    const { hub, open, post, history } = scene(store, { logBytes: 60_000 });
    const ada = await open("lobby", "ada");
    for (let n = 0; n < 100; n += 1) await post(ada.session, "x".repeat(500));
    const before = [hub.logBytes, (await history(ada.session, ada.epoch)).length, hub.counts.rooms];
    for (let n = 0; n < 5; n += 1) expect(hub.overload).toBeNull();
    expect([hub.logBytes, (await history(ada.session, ada.epoch)).length, hub.counts.rooms]).toEqual(before);
  });
});

test("replies that outlive their events are limited: messages are refused, and none is executed twice", async () => {
  const { world, hub, settled, open } = scene("memory", { dedupeEntries: 3, replayEvents: 1, dedupeMs: 60_000 });
  const { session } = await open("lobby", "ada");
  const commands = [1, 2, 3, 4].map((n) => say(`message ${n}`));
  const replies = [];
  for (const command of commands) replies.push(await settled(hub.post(session, command)));
  expect(replies.map((reply) => reply?.type)).toEqual(["ok", "ok", "ok", "ok"]);
  const late = say("one too many");
  expect(await settled(hub.post(session, late))).toMatchObject({ code: "overloaded", retryAfterMs: 10_000 });
  const elsewhere = await open("elsewhere", "eve");
  expect(await settled(hub.post(elsewhere.session, say("here as well")))).toMatchObject({ code: "overloaded" });
  for (const [n, command] of commands.entries()) expect(await settled(hub.post(session, command))).toEqual(replies[n]);
  await world.advance(61_000);
  expect(await settled(hub.post(elsewhere.session, say("some time later")))).toMatchObject({ type: "ok" });
  expect(await settled(hub.post(session, late))).toMatchObject({ type: "ok" });
});

describe.each(["session", "address"] as const)("the bytes per minute of one %s", (whose) => {
  test("are limited, with the time to wait, and don't limit others", async () => {
    const settings = { sessionBytesPerMinute: null, addressBytesPerMinute: null, [`${whose}BytesPerMinute`]: 20_000 };
    const { world, hub, open, settled } = scene("memory", settings);
    const [ada, twin, eve] = [await open("lobby", "a"), await open("lobby", "a"), await open("lobby", "b")];
    const post = (session: SessionToken) => settled(hub.post(session, say("x".repeat(4_000))));
    for (let n = 0; n < 4; n += 1) expect(await post(ada.session)).toMatchObject({ type: "ok" });
    const refused = await post(ada.session);
    expect(refused).toMatchObject({ type: "refused", code: "too_many", retryAfterMs: expect.any(Number) });
    expect(await post(twin.session)).toMatchObject({ type: whose === "session" ? "ok" : "refused" });
    expect(await post(eve.session)).toMatchObject({ type: "ok" });
    await world.advance(refused?.type === "refused" ? (refused.retryAfterMs ?? 0) : 0);
    expect(await post(ada.session)).toMatchObject({ type: "ok" });
  });
});

describe("the file", () => {
  test("that is filled and emptied repeatedly stays within twice its bytes", async () => {
    const logBytes = 4 * MEBIBYTE;
    const { hub, settled, open } = scene("sqlite", { logBytes, addressRooms: null, rooms: 10, dedupeMs: 0 });
    let largest = 0;
    // Lengths at which a row just fits on a page, just does not, and needs whole pages more.
    const texts = [1, 700, 1_100, 2_500, 4_000].map((length) => "x".repeat(length));
    for (let n = 0; n < 60; n += 1) {
      const { session } = await open(`room-${n}`, "eve");
      for (let m = 0; m < 20; m += 1) {
        const commands = Array.from({ length: 20 }, () => hub.post(session, say(texts[n % texts.length] ?? "")));
        await settled(Promise.all(commands));
      }
      await settled(hub.quit(session));
      largest = Math.max(largest, statSync(place.file).size);
    }
    expect(largest).toBeGreaterThan(logBytes / 2);
    expect(largest + statSync(`${place.file}-wal`).size).toBeLessThan(2 * logBytes + 8 * MEBIBYTE);
  });

  test("counts the same after a restart as before", async () => {
    const before = place.open();
    for (const length of [1, 900, 1_000, 4_000]) {
      const log = before.openLog(asRoom(`room-${length}`));
      await place.say(log, 50, "x".repeat(length));
      await log.close();
    }
    const { bytes } = before;
    await before.close();
    expect(place.open().bytes).toBe(bytes);
  });
});
