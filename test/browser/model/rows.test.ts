import { expect, test } from "vitest";
import { type Row, rowsOf } from "../../../public/model/rows.ts";
import {
  append,
  EMPTY,
  type EventEntry,
  extend,
  lastEvent,
  MAX_ENTRIES,
  prepend,
  type Timeline,
} from "../../../public/model/timeline.ts";
import { formatCursor, parseCursor } from "../../../src/protocol/cursor.ts";
import type { DurableEvent } from "../../../src/protocol/events.ts";
import { joined, left, message } from "./events.ts";

const EPOCH = parseCursor("e1-0")?.epoch ?? fail("no epoch");

function fail(why: string): never {
  throw new Error(why);
}

function entry(event: DurableEvent): EventEntry {
  return { kind: "event", key: String(event.seq), epoch: EPOCH, event, arrival: null };
}

function rows(events: readonly DurableEvent[], firstUnread: string | null = null): readonly Row[] {
  return rowsOf({ entries: events.map(entry), pending: [], me: null, firstUnread });
}

function letter(row: Row): string {
  switch (row.kind) {
    case "message":
      return row.head ? "H" : "-";
    case "presence":
      return `(+${row.joined} -${row.left} ±${row.visited})`;
    case "day":
    case "unread":
    case "pending":
    case "note":
      return `<${row.kind}>`;
  }
}

/** Writes rows in short: `H` begins a group, `-` continues it. */
function short(list: readonly Row[]): string {
  return list.map(letter).join("");
}

test("messages of one author within five minutes form a group", () => {
  expect(
    short(rows([message(1, "Ada", 0), message(2, "Ada", 4), message(3, "Ada", 10), message(4, "Grace", 10)])),
  ).toBe("<day>H-HH");
});

test("a new day, presence and the unread line each end a group", () => {
  const list = rows([message(1, "Ada", 0), joined(2, "Grace", 0), message(3, "Ada", 0), message(4, "Ada", 1_500)]);
  expect(short(list)).toBe("<day>H(+Grace - ±)H<day>H");
  expect(short(rows([message(1, "Ada", 0), message(2, "Ada", 0)], "2"))).toBe("<day>H<unread>H");
});

test("a message from a clock that is behind doesn't start yesterday again", () => {
  const yesterday = -13 * 60;
  expect(short(rows([message(1, "Ada", yesterday), message(2, "Ada", 0), message(3, "Grace", yesterday + 1)]))).toBe(
    "<day>H<day>HH",
  );
});

test("an author's name is repeated after about a screen of messages", () => {
  const heads = (events: readonly DurableEvent[]): number[] =>
    rows(events).flatMap((row) => (row.kind === "message" && row.head ? [Number(row.key)] : []));
  expect(heads(Array.from({ length: 40 }, (_, index) => message(index + 1, "Ada", 0)))).toEqual([1, 17, 33]);
  const long = { ...message(2, "Ada", 0), text: "line\n".repeat(500) };
  expect(heads([message(1, "Ada", 0), long, ...[3, 4, 5, 6].map((seq) => message(seq, "Ada", 0))])).toEqual([1, 6]);
});

test("consecutive joins and leaves form one row", () => {
  const list = rows([joined(1, "Ada", 0), joined(2, "Grace", 0), left(3, "Grace", 1), left(4, "Radia", 1)]);
  expect(short(list)).toBe("<day>(+Ada -Radia ±Grace)");
});

function many(from: number, to: number): EventEntry[] {
  return Array.from({ length: to - from + 1 }, (_, index) => entry(message(from + index, "Ada", 0)));
}

function seqs({ entries }: Timeline): readonly number[] {
  return entries.flatMap((one) => (one.kind === "event" ? [one.event.seq] : []));
}

function page(from: number, to: number) {
  const events = many(from, to).map(({ event }) => event);
  return { events, cursor: from === 1 ? null : formatCursor(EPOCH, from - 1) };
}

test("a window at the newest end drops the oldest entries, which can be loaded again", () => {
  const timeline = append(EMPTY, many(1, MAX_ENTRIES + 1), false);
  expect(timeline.entries.length).toBeLessThanOrEqual(MAX_ENTRIES);
  expect(seqs(timeline).at(-1)).toBe(MAX_ENTRIES + 1);
  expect(timeline.before).toBe(formatCursor(EPOCH, (seqs(timeline)[0] ?? 0) - 1));
});

test("a window that is read further up keeps its old end and leaves the newest end instead", () => {
  let timeline = append(EMPTY, many(1, MAX_ENTRIES), true);
  timeline = append(timeline, many(MAX_ENTRIES + 1, 2 * MAX_ENTRIES + 1), true);
  expect(timeline.attached).toBe(false);
  expect(seqs(timeline)[0]).toBe(1);
});

test("a page that overlaps the window adds only the missing events", () => {
  let timeline: Timeline = { ...append(EMPTY, many(101, 150), false), before: formatCursor(EPOCH, 100) };
  timeline = prepend(timeline, page(51, 110), EPOCH);
  timeline = prepend(timeline, page(1, 50), EPOCH);
  expect(seqs(timeline)).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  expect(timeline.before).toBeNull();
});

test("a window that left the newest end is attached again when it reaches it", () => {
  let timeline: Timeline = { entries: many(1, 50), before: null, attached: false };
  timeline = extend(timeline, page(41, 90), EPOCH, 100);
  expect([timeline.attached, lastEvent(timeline)?.event.seq]).toEqual([false, 90]);
  timeline = extend(timeline, page(91, 100), EPOCH, 100);
  expect(timeline.attached).toBe(true);
  expect(seqs(timeline)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
});

test("the events of one batch are shown in the order of their numbers", () => {
  expect(
    seqs(
      append(
        EMPTY,
        [2, 1, 3].map((seq) => entry(message(seq, "Ada", 0))),
        false,
      ),
    ),
  ).toEqual([1, 2, 3]);
});
