import { describe, expect, test } from "vitest";
import { Dedupe } from "../../src/log/dedupe.ts";
import { asCommandId, asMember } from "../support/cast.ts";
import { Place, room } from "./support.ts";

const member = asMember("m1");
const id = asCommandId("c1");

describe("a duplicate of a command", () => {
  test("that is in flight shares its outcome, and one that was stored gets the same reply", async () => {
    using place = new Place();
    const { world } = place;
    const hub = world.hub({}, place.open());
    const opening = hub.open({ room, name: "Ada" });
    await world.turn();
    const { session } = await opening;
    const first = hub.post(session, { type: "say", id, text: "once" });
    const second = hub.post(session, { type: "say", id, text: "twice" });
    await world.turn();
    const reply = { type: "ok", id, seq: 2 };
    expect(await Promise.all([first, second])).toEqual([reply, reply]);
    expect(await hub.post(session, { type: "say", id, text: "three times" })).toEqual(reply);
    expect((await hub.current(session)).cursor).toMatch(/-2$/);
  });

  test("is executed again if the first was refused", async () => {
    using place = new Place();
    const { world } = place;
    const store = place.open();
    const hub = world.hub({}, store);
    const opening = hub.open({ room, name: "Ada" });
    await world.turn();
    const { session } = await opening;
    store.database.exec("PRAGMA query_only = 1");
    const refused = hub.post(session, { type: "say", id, text: "no" });
    await world.turn();
    expect(await refused).toMatchObject({ type: "refused", code: "overloaded" });
    store.database.exec("PRAGMA query_only = 0");
    const again = hub.post(session, { type: "say", id, text: "yes" });
    await world.turn();
    expect(await again).toEqual({ type: "ok", id, seq: 2 });
  });
});

describe("dedupe", () => {
  test("remembers replies separately for each member", () => {
    const dedupe = new Dedupe(300_000);
    dedupe.remember(member, id, 1, 0, 1);
    expect(dedupe.seqOf(member, id)).toBe(1);
    expect(dedupe.seqOf(asMember("m2"), id)).toBeUndefined();
    expect(dedupe.seqOf(member, asCommandId("c2"))).toBeUndefined();
  });

  test("forgets only replies that are both outside the window and old enough", () => {
    const dedupe = new Dedupe(1_000);
    const key = (n: number) => asCommandId(`c${n}`);
    dedupe.remember(member, key(1), 1, 0, 1);
    dedupe.remember(member, key(2), 2, 999, 3);
    expect(dedupe.size).toBe(2);
    dedupe.remember(member, key(3), 3, 1_000, 1);
    expect(dedupe.size).toBe(3);
    dedupe.remember(member, key(4), 4, 1_000, 4);
    expect(dedupe.size).toBe(3);
    dedupe.remember(member, key(5), 5, 5_000, 4);
    expect([dedupe.size, dedupe.orphans(5), dedupe.orphans(6)]).toEqual([2, 1, 2]);
  });
});
