import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Settings } from "../../src/chat/settings.ts";
import { StoreClock } from "../../src/chat/store-clock.ts";
import { Place, room } from "../log/support.ts";
import { asMember } from "../support/cast.ts";
import { say } from "../support/ids.ts";
import { ManualWorld } from "../support/manual-world.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const wire = recordingWire("stream");

/** Ways in which a wall clock is wrong for a while: how far ahead, and for how long. */
const WRONG: readonly [what: string, aheadMs: number, forMs: number][] = [
  ["a day ahead for three seconds", DAY_MS, 3_000],
  ["ten years ahead for a minute", 3_650 * DAY_MS, 60_000],
  ["a day behind for three seconds", -DAY_MS, 3_000],
  ["at 1970 for a minute", -1_700_000_000_000, 60_000],
];

describe("with a wall clock that is", () => {
  let place: Place;
  beforeEach(() => {
    place = new Place();
  });
  afterEach(() => place[Symbol.dispose]());

  async function scene(store: "memory" | "sqlite", settings: Partial<Settings> = {}) {
    const { world } = place;
    const hub = world.hub(settings, store === "memory" ? undefined : place.open({ settings }));
    const settled = async <Value>(promise: Promise<Value>): Promise<Value> => {
      promise.catch(() => undefined);
      await world.turn();
      return promise;
    };
    const ada = await settled(hub.open({ room, name: "Ada" }));
    const outlet = new RecordingOutlet();
    const admission = await hub.admit({ session: ada.session, after: undefined, reader: 1, transport: wire.name });
    hub.attach(admission, wire, outlet, 1_000);
    const wrong = async (aheadMs: number, forMs: number): Promise<void> => {
      world.wallAheadMs = aheadMs;
      await world.advance(forMs / 2);
      await settled(hub.post(ada.session, say("said meanwhile")));
      await world.advance(forMs / 2);
      world.wallAheadMs = 0;
      await world.advance(3_000);
    };
    return { world, hub, ada, outlet, settled, wrong };
  }

  describe.each(WRONG)("%s", (_what, aheadMs, forMs) => {
    test.each(["memory", "sqlite"] as const)("a %s store deletes nothing and no session ends", async (store) => {
      const { hub, ada, outlet, settled, wrong } = await scene(store);
      const first = say("said before");
      const reply = await settled(hub.post(ada.session, first));
      const ended = await settled(hub.open({ room, name: "Eve" }));
      await settled(hub.quit(ended.session));
      await wrong(aheadMs, forMs);
      expect(outlet.bye).toBeNull();
      const { events } = await settled(hub.history(ada.session, `${ada.epoch}-99` as typeof ada.cursor, 99));
      expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
      expect(await settled(hub.post(ada.session, first))).toEqual(reply);
      await expect(hub.current(ended.session)).rejects.toMatchObject({ code: "session_unknown" });
    });

    test("sessions opened meanwhile, and sessions known only by their token, live as long as others", async () => {
      const { world, hub, settled } = await scene("memory");
      world.wallAheadMs = aheadMs;
      await world.advance(forMs / 2);
      const eve = await settled(hub.open({ room, name: "Eve" }));
      world.wallAheadMs = 0;
      await world.advance(1_000);
      expect((await settled(hub.members(eve.session))).count).toBe(2);
      const next = world.hub();
      expect((await settled(next.current(eve.session))).member.id).toBe(eve.member.id);
    });

    test("nothing of a room whose log is not open is deleted", async () => {
      const { world, hub, ada, settled } = await scene("sqlite", { rooms: 1, lingerMs: 500 });
      await settled(hub.quit(ada.session));
      const other = await settled(hub.open({ room: "other" as typeof room, name: "Eve" }));
      world.wallAheadMs = aheadMs;
      await world.advance(forMs);
      world.wallAheadMs = 0;
      await settled(hub.quit(other.session));
      await world.advance(3_000);
      expect((await settled(hub.open({ room, name: "Ada" }))).epoch).toBe(ada.epoch);
    });

    test("a server that starts deletes nothing", async () => {
      const { hub, ada, settled } = await scene("sqlite");
      await settled(hub.post(ada.session, say("said before")));
      await settled(hub.close());
      place.world.wallAheadMs = aheadMs;
      const next = place.world.hub({}, place.open());
      await settled(next.open({ room, name: "Eve" }));
      await place.world.advance(forMs);
      place.world.wallAheadMs = 0;
      await place.world.advance(3_000);
      const { session } = await settled(next.open({ room, name: "Bob" }));
      const { events } = await settled(next.history(session, `${ada.epoch}-99` as typeof ada.cursor, 99));
      expect(events[0]?.seq).toBe(1);
    });
  });

  test("right again, a store deletes what is too old", async () => {
    const { world, hub, ada, settled, wrong } = await scene("sqlite", { replayMs: 100_000, heartbeatMs: 1_000 });
    await settled(hub.post(ada.session, say("said before")));
    await wrong(DAY_MS, 3_000);
    await world.advance(120_000);
    const { events } = await settled(hub.history(ada.session, `${ada.epoch}-99` as typeof ada.cursor, 99));
    expect(events).toEqual([]);
  });
});

describe("the store's clock", () => {
  test("follows the time that passes, and never goes back", () => {
    const world = new ManualWorld();
    const clock = new StoreClock(world);
    const start = clock.now();
    for (const aheadMs of [0, -DAY_MS, DAY_MS, -5, 0]) {
      world.wallAheadMs = aheadMs;
      world.stall(1_000);
      clock.now();
    }
    expect(clock.now() - start).toBe(5_000);
  });

  test("trusts a wall clock that stays ahead for an hour, but not one that keeps changing", () => {
    const world = new ManualWorld();
    const clock = new StoreClock(world);
    const start = clock.now();
    const pass = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 60_000) {
        world.stall(60_000);
        clock.now();
      }
    };
    world.wallAheadMs = DAY_MS;
    pass(HOUR_MS - 120_000);
    world.wallAheadMs = 2 * DAY_MS;
    pass(HOUR_MS - 120_000);
    expect(clock.now() - start).toBe(2 * HOUR_MS - 240_000);
    pass(240_000);
    expect(clock.now() - start).toBe(2 * HOUR_MS + 2 * DAY_MS);
  });

  test("follows a wall clock that drifts", () => {
    const world = new ManualWorld();
    const clock = new StoreClock(world);
    for (let minute = 0; minute < 600; minute += 1) {
      world.stall(60_000);
      world.wallAheadMs += 30;
      clock.now();
    }
    expect(world.wallNow() - clock.now()).toBe(0);
  });

  test("starts at the newest stored time, and trusts the wall clock after an hour", () => {
    const world = new ManualWorld();
    const clock = new StoreClock(world, world.wallNow() - DAY_MS);
    expect(world.wallNow() - clock.now()).toBe(DAY_MS);
    expect(clock.hasPassed(world.wallNow() - 1_000)).toBe(false);
    world.stall(HOUR_MS);
    expect(world.wallNow() - clock.now()).toBe(0);
    expect(clock.hasPassed(world.wallNow())).toBe(true);
    expect(clock.deadlineIn(1_000)).toBe(world.wallNow() + 1_000);
  });
});

test("an ended session stays ended while the wall clock is ahead", async () => {
  using place = new Place();
  const store = place.open();
  const until = place.world.wallNow() + DAY_MS;
  const ending = store.revoked.add(asMember("m1"), until, room);
  await place.world.turn();
  await ending;
  place.world.wallAheadMs = 2 * DAY_MS;
  await place.world.advance(3_000);
  place.world.wallAheadMs = 0;
  expect(store.revoked.has(asMember("m1"), until)).toBe(true);
});
