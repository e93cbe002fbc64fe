import { signal } from "@preact/signals";
import { Parse } from "typebox/value";
import { describe, expect, test, vi } from "vitest";
import { createAnnouncer } from "../../../public/model/announcer.ts";
import { claimByChannel } from "../../../public/model/claim.ts";
import { createFeed } from "../../../public/model/feed.ts";
import { dayName, untilMidnight } from "../../../public/model/format.ts";
import { refusalOf } from "../../../public/model/join-form.ts";
import { createOutbox } from "../../../public/model/outbox.ts";
import { createPage, type Page } from "../../../public/model/page.ts";
import { after, byTransport, inOrder, listed, sharedNames, tagOf, withNewId } from "../../../public/model/people.ts";
import { createToday } from "../../../public/model/room.ts";
import type { Delivery } from "../../../src/client/types.ts";
import { formatCursor, parseCursor } from "../../../src/protocol/cursor.ts";
import { ProtocolError } from "../../../src/protocol/errors.ts";
import type { DurableEvent } from "../../../src/protocol/events.ts";
import { MembersSchema } from "../../../src/protocol/http.ts";
import type { Epoch, MemberId } from "../../../src/protocol/ids.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { joined, left, message } from "./events.ts";

function epochOf(text: string): Epoch {
  const place = parseCursor(text);
  if (place === null) throw new Error(`${text} is no cursor`);
  return place.epoch;
}
const EPOCH = epochOf("e1-0");
const NEXT_EPOCH = epochOf("e2-0");
const NO_STORE = { get: () => null, set: () => undefined };

function memberId(text: string): MemberId {
  return joined(1, text, 0).member.id;
}

function feedAt(seq: number) {
  const outbox = createOutbox({
    send: () => Promise.resolve(1),
    store: NO_STORE,
    newId: () => "id",
    clock: new ManualClock(),
  });
  const feed = createFeed({
    outbox,
    clock: new ManualClock(),
    onMembersUnknown: () => undefined,
  });
  feed.start(EPOCH, seq);
  return feed;
}

function came(event: DurableEvent): Delivery {
  return { event, by: "sse", receivedAt: 0, latencyMs: 1 };
}

function listOf(names: readonly string[], epoch: Epoch, seq: number) {
  const members = names.map((name) => ({ id: name, name }));
  return Parse(MembersSchema, { count: members.length, members, cursor: formatCursor(epoch, seq) });
}

describe("the member list", () => {
  test("a member list that arrives late neither restores a member who left nor drops one who joined", async () => {
    const feed = feedAt(2);
    const answer = Promise.withResolvers<ReturnType<typeof listOf>>();
    const listing = feed.loadMembers(() => answer.promise);
    feed.take([came(left(3, "Bob", 0)), came(joined(4, "Cleo", 0))]);
    answer.resolve(listOf(["Ada", "Bob"], EPOCH, 2));
    await listing;
    expect([...feed.people.value.byId.keys()]).toEqual(["Ada", "Cleo"]);
    expect(feed.people.value.count).toBe(2);
  });

  test("events that the member list already includes don't undo it", async () => {
    const feed = feedAt(2);
    // Bob has left and come back. The list includes both, and the events arrive after it.
    await feed.loadMembers(() => Promise.resolve(listOf(["Ada", "Bob"], EPOCH, 4)));
    feed.take([came(left(3, "Bob", 0))]);
    expect([...feed.people.value.byId.keys()]).toEqual(["Ada", "Bob"]);
  });

  test("a member list of another log doesn't make events of this log look old", async () => {
    const feed = feedAt(2);
    await feed.loadMembers(() => Promise.resolve(listOf(["Ada", "Bob"], NEXT_EPOCH, 900)));
    feed.take([came(left(3, "Bob", 0))]);
    expect([...feed.people.value.byId.keys()]).toEqual(["Ada"]);
  });

  test("after a gap to a new log, the member list follows the new log's numbers", async () => {
    const feed = feedAt(2);
    await feed.loadMembers(() => Promise.resolve(listOf(["Ada", "Bob"], EPOCH, 900)));
    const gap = { type: "gap", cursor: formatCursor(NEXT_EPOCH, 0), missed: null } as const;
    feed.take([{ event: gap, by: "sse", receivedAt: 0, latencyMs: null }, came(left(1, "Bob", 0))]);
    expect([...feed.people.value.byId.keys()]).toEqual(["Ada"]);
  });

  test("a member list that fails to load changes nothing, and the next one works", async () => {
    const feed = feedAt(2);
    await expect(feed.loadMembers(() => Promise.reject(new Error("cut")))).rejects.toThrow("cut");
    feed.take([came(joined(3, "Bob", 0))]);
    await feed.loadMembers(() => Promise.resolve(listOf(["Ada"], EPOCH, 2)));
    expect([...feed.people.value.byId.keys()]).toEqual(["Ada"]);
  });

  test("the member list keeps oneself when the server assigns another id", () => {
    const feed = feedAt(2);
    const [old, later] = [memberId("old"), memberId("new")];
    feed.become(old);
    feed.people.value = listed(listOf(["old", "Bob"], EPOCH, 2), 2);
    feed.become(later);
    expect([...feed.people.value.byId.keys()].sort()).toEqual(["Bob", "new"]);
    expect([feed.me.value, [...feed.selves.value]]).toEqual(["new", ["old", "new"]]);
    const people = withNewId(after(feed.people.value, joined(3, "other", 0)), memberId("nobody"), old);
    expect(people.count).toBe(3);
  });

  test("the member list has oneself first and sorts numbers by value", () => {
    const names = ["Student 10", "Student 2", "me", "student 1", "Zoë", "Student 1"];
    const order = inOrder(listed(listOf(names, EPOCH, 1), 1), memberId("me")).map(({ name }) => name);
    expect(order[0]).toBe("me");
    expect(order.indexOf("Student 2")).toBeLessThan(order.indexOf("Student 10"));
    expect(order.indexOf("Student 1")).toBeLessThan(order.indexOf("Student 2"));
  });

  test("members are counted per transport", () => {
    const members = ["sse", "sse", "websocket", undefined, undefined, undefined].map((via, index) => ({
      id: String(index),
      name: "x",
      ...(via === undefined ? {} : { via }),
    }));
    const people = listed(Parse(MembersSchema, { count: 6, members, cursor: formatCursor(EPOCH, 1) }), 1);
    expect(byTransport(people)).toEqual([
      ["sse", 2],
      ["websocket", 1],
      [undefined, 3],
    ]);
  });

  test("two people of one name get tags, whatever the letter case, and nobody else does", () => {
    const people = [
      { id: "a1b2c3", name: "Ada" },
      { id: "a1b2c3", name: "Ada" },
      { id: "f6g7h8", name: "ADA" },
      { id: "k1k1k1", name: "Grace" },
    ].map(({ id, name }) => ({ id: memberId(id), name }));
    const shared = sharedNames(people);
    expect(people.map((author) => tagOf(author, shared))).toEqual(["a1b2", "a1b2", "f6g7", null]);
  });
});

describe("the day", () => {
  test("the day before is called yesterday, also when clocks change", () => {
    // A time zone with daylight saving, wherever this runs: each day of two years, at its first and last minute.
    vi.stubEnv("TZ", "Europe/Vienna");
    expect(new Date(2026, 0, 1).getTimezoneOffset()).not.toBe(new Date(2026, 6, 1).getTimezoneOffset());
    for (let day = 0; day < 730; day += 1) {
      const now = new Date(2026, 0, 1 + day, 0, 1).getTime();
      expect(dayName(new Date(2026, 0, day, 0, 1).getTime(), now)).toBe("Yesterday");
      expect(dayName(new Date(2026, 0, day, 23, 59).getTime(), now + 23 * 3_600_000)).not.toBe("Today");
      expect(dayName(now, now)).toBe("Today");
      const midnight = new Date(now + untilMidnight(now));
      expect([midnight.getHours(), midnight.getMinutes()]).toEqual([0, 0]);
    }
    vi.unstubAllEnvs();
  });

  test("the current day changes at midnight, and on the next check after the machine slept", async () => {
    const clock = new ManualClock();
    clock.wallAheadMs = new Date(2026, 2, 1, 23, 59, 30).getTime() - clock.wallNow();
    const today = createToday(clock);
    await clock.advance(31_000);
    expect(new Date(today.at.value).getDate()).toBe(2);
    // While the machine sleeps, the time of day moves on without timers.
    clock.wallAheadMs += 30 * 3_600_000;
    today.check();
    expect(new Date(today.at.value).getDate()).toBe(3);
    today.end();
    expect(clock.pending).toBe(0);
  });
});

test("a screen reader hears each message and, under load, only how many arrived", async () => {
  const clock = new ManualClock();
  const arrived = signal(0);
  const announcer = createAnnouncer(arrived, clock);
  for (let spoken = 0; spoken < 4; spoken += 1) {
    arrived.value += 1;
    await clock.advance(2_000);
  }
  expect([announcer.each.value, announcer.summary.value]).toEqual([true, ""]);
  await clock.advance(10_000);
  for (let spoken = 0; spoken < 12; spoken += 1) arrived.value += 1;
  expect(announcer.each.value).toBe(false);
  await clock.advance(5_000);
  expect([announcer.each.value, announcer.summary.value]).toEqual([false, "12 new messages"]);
  await clock.advance(5_000);
  expect([announcer.each.value, announcer.summary.value]).toEqual([true, ""]);
  announcer.end();
  arrived.value += 20;
  expect([announcer.each.value, clock.pending]).toEqual([true, 0]);
});

describe("an address that can't be right", () => {
  function pageAt(href: string, name: string): Page {
    const world = {
      connect: () => {
        throw new Error("asked the server");
      },
      server: new URL("http://localhost/"),
      known: [],
      tab: NO_STORE,
      browser: { get: (key: string) => (key === "name" ? name : null), set: () => undefined },
      claim: () => Promise.resolve(true),
      refusesOrigin: () => Promise.resolve(false),
      clock: new ManualClock(),
      newId: () => "id",
    };
    return createPage(world, { read: () => href, push: () => undefined, replace: () => undefined });
  }
  const WRONG: readonly (readonly [hash: string, name: string, field: string, words: RegExp])[] = [
    ["?room=x#key=short", "Ada", "key", /8 to 128 characters; this one has 5/],
    [`?room=x#key=${"k".repeat(129)}`, "Ada", "key", /8 to 128 characters; this one has 129/],
    ["?room=%C3%BCmlaut!", "Ada", "room", /a–z/],
    [`?room=${"r".repeat(65)}`, "Ada", "room", /a–z/],
    ["?room=x", "W".repeat(33), "name", /up to 32/],
    ["?room=x", "\u200b", "name", /Enter a name/],
  ];

  test.for(WRONG)(
    "the address %s with the name %s shows the form, with the problem at its field",
    ([rest, name, field, words]) => {
      const page = pageAt(`http://localhost/${rest}`, name);
      expect([page.room.value, page.byForm.value, page.problem.value?.field]).toEqual([null, true, field]);
      expect(page.problem.value?.message).toMatch(words);
    },
  );

  test("a refusal of a key that is too short is shown at the key, not at the name", () => {
    const error = new ProtocolError("unprocessable");
    expect(refusalOf(error, { name: "Ada", room: "x", key: "short" }).field).toBe("key");
    expect(refusalOf(error, { name: "Ada", room: "x", key: "" }).field).toBe("name");
  });
});

describe("claims", () => {
  const NO_WAIT = { answerMs: 60 };

  test("without locks, one tab claims a member until it closes", async () => {
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    expect(await claimByChannel("ada", first.signal, NO_WAIT)).toBe(true);
    expect(await claimByChannel("ada", second.signal, { answerMs: 10_000 })).toBe(false);
    first.abort();
    expect(await claimByChannel("ada", third.signal, NO_WAIT)).toBe(true);
    third.abort();
  });

  test("without locks, one of several tabs that claim a member at once gets it", async () => {
    const life = new AbortController();
    const claims = [0.7, 0.2, 0.9].map((tab) => claimByChannel("grace", life.signal, { answerMs: 500, tab }));
    expect(await Promise.all(claims)).toEqual([false, true, false]);
    life.abort();
  });

  test("without locks, tabs of other members don't interfere", async () => {
    const life = new AbortController();
    expect(await claimByChannel("radia", life.signal, NO_WAIT)).toBe(true);
    expect(await claimByChannel("edsger", life.signal, NO_WAIT)).toBe(true);
    life.abort();
  });
});

test("a message sent before a switch stays above the note of the switch, however late it comes back", async () => {
  const { rowsOf } = await import("../../../public/model/rows.ts");
  const note = (at: number) => ({
    kind: "switch" as const,
    key: `note-${at}`,
    at,
    from: "a",
    to: "b",
    requested: true,
    tally: signal({ lost: 0, duplicated: 0, reordered: 0, unknown: false }),
  });
  const said = (seq: number, sentAt?: number) => ({
    kind: "event" as const,
    key: String(seq),
    epoch: EPOCH,
    event: message(seq, "Ada", 0),
    arrival: null,
    ...(sentAt === undefined ? {} : { sentAt }),
  });
  const kinds = (entries: Parameters<typeof rowsOf>[0]["entries"], pendingAt: readonly number[] = []) =>
    rowsOf({
      entries,
      pending: pendingAt.map((at) => ({ id: `p${at}`, text: "x", at, state: { kind: "sending" } })),
      me: memberId("Ada"),
      firstUnread: null,
    }).map(({ key }) => key);
  expect(kinds([note(10), note(20), said(1, 15)])).toEqual(["note-10", "d-1", "1", "note-20"]);
  expect(kinds([note(10), said(1), said(2, 5)])).toEqual(["note-10", "d-1", "1", "2"]);
  expect(kinds([note(10), said(1, 15)])).toEqual(["note-10", "d-1", "1"]);
  expect(kinds([said(1, 5), note(10)], [7]).indexOf("own-p7")).toBeLessThan(
    kinds([said(1, 5), note(10)], [7]).indexOf("note-10"),
  );
});
