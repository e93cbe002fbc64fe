import type { MemberId } from "../../src/protocol/ids.ts";
import { dayKey } from "./format.ts";
import type { Pending } from "./outbox.ts";
import type { Entry, EventEntry, NoteEntry } from "./timeline.ts";

/** One line of the message list. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "unread"; readonly key: string }
  /** `head`: the first message of its author's group, which shows the name. */
  | { readonly kind: "message"; readonly key: string; readonly entry: EventEntry; readonly head: boolean }
  | { readonly kind: "pending"; readonly key: string; readonly pending: Pending; readonly head: boolean }
  /** Each field has names, joined by newlines (see `namesIn`): `memo` compares strings by value, but not arrays. */
  | {
      readonly kind: "presence";
      readonly key: string;
      readonly joined: string;
      readonly left: string;
      readonly visited: string;
    }
  | { readonly kind: "note"; readonly key: string; readonly note: NoteEntry };

interface Shown {
  readonly entries: readonly Entry[];
  readonly pending: readonly Pending[];
  readonly me: MemberId | null;
  /** Key of the first unread message; null for none. */
  readonly firstUnread: string | null;
}

/** Turns entries into rows: day lines, messages grouped by author, presence in one line, the unread line. */
export function rowsOf({ entries, pending, me, firstUnread }: Shown): readonly Row[] {
  const rows: Row[] = [];
  let presence: EventEntry[] = [];
  let day = "";
  let newest = Number.NEGATIVE_INFINITY;
  let group: Group | null = null;

  function endPresence(): void {
    const row = presenceRow(presence, me);
    if (row === null) return;
    rows.push(row);
    presence = [];
    group = null;
  }
  function addDayLine(at: number, key: string): void {
    // Two clocks may disagree. The one that is behind must not bring yesterday back.
    if (at <= newest) return;
    newest = at;
    if (dayKey(at) === day) return;
    endPresence();
    day = dayKey(at);
    rows.push({ kind: "day", key: `d-${key}`, at });
    group = null;
  }
  function beginsGroup(author: MemberId, at: number, text: string): boolean {
    const before = group?.author === author && at - group.at <= GROUP_MS && group.lines < GROUP_LINES ? group : null;
    group = { author, at, lines: (before?.lines ?? 0) + estimateLines(text) };
    return before === null;
  }

  for (const entry of inSendingOrder(entries, me === null ? [] : pending)) {
    if (entry.kind === "pending") {
      const { id, at, text } = entry.pending;
      endPresence();
      addDayLine(at, id);
      rows.push({
        kind: "pending",
        key: pendingKey(id),
        pending: entry.pending,
        head: me === null || beginsGroup(me, at, text),
      });
      continue;
    }
    if (entry.kind !== "event") {
      endPresence();
      rows.push({ kind: "note", key: entry.key, note: entry });
      group = null;
      continue;
    }
    addDayLine(entry.event.at, entry.key);
    if (entry.event.type !== "message") {
      presence.push(entry);
      continue;
    }
    endPresence();
    const { from, at, text } = entry.event;
    if (entry.key === firstUnread) {
      rows.push({ kind: "unread", key: "unread" });
      group = null;
    }
    rows.push({ kind: "message", key: entry.key, entry, head: beginsGroup(from.id, at, text) });
  }
  endPresence();
  return rows;
}

/** The key of an own message. It stays the same when the message comes back as an event, so that its line is kept. */
export function pendingKey(id: string): string {
  return `own-${id}`;
}

const SEPARATOR = "\n";

/** Returns the names in a field of a presence row. */
export function namesIn(joined: string): readonly string[] {
  return joined === "" ? [] : joined.split(SEPARATOR);
}

/** Messages of one author form a group if each follows the one before within this time. */
const GROUP_MS = 5 * 60_000;
/** Estimated lines of a group: about a screen. In a longer one, the author's name would scroll out of view. */
const GROUP_LINES = 16;
/** The visible lines of a folded message. */
const FOLDED_LINES = 12;
const LINE_CHARACTERS = 60;

interface Group {
  readonly author: MemberId;
  readonly at: number;
  readonly lines: number;
}

function estimateLines(text: string): number {
  let lines = 0;
  for (const line of text.split("\n")) lines += Math.max(1, Math.ceil(line.length / LINE_CHARACTERS));
  return Math.min(lines, FOLDED_LINES);
}

type Item = Entry | { readonly kind: "pending"; readonly pending: Pending };

function sentAt(item: Item): number | undefined {
  if (item.kind === "pending") return item.pending.at;
  return item.kind === "event" ? item.sentAt : undefined;
}

/**
 * Returns the entries, followed by the pending messages. An own message that was sent before a switch goes before the
 * note of that switch, however late it came back.
 */
function inSendingOrder(entries: readonly Entry[], pending: readonly Pending[]): readonly Item[] {
  const items: Item[] = [];
  for (const item of [...entries, ...pending.map((one) => ({ kind: "pending" as const, pending: one }))]) {
    const at = sentAt(item);
    let index = items.length;
    while (at !== undefined && isSwitchAfter(items[index - 1], at)) index -= 1;
    items.splice(index, 0, item);
  }
  return items;
}

function isSwitchAfter(item: Item | undefined, at: number): boolean {
  return item?.kind === "switch" && item.at > at;
}

/** Sums up consecutive join and leave events. Returns null if there are none. */
function presenceRow(run: readonly EventEntry[], me: MemberId | null): Row | null {
  const first = run[0];
  if (first === undefined) return null;
  const seen = new Map<MemberId, { name: string; joined: boolean; left: boolean }>();
  for (const { event } of run) {
    if (event.type === "message") continue;
    const { id, name } = event.member;
    const known = seen.get(id) ?? { name: id === me ? "You" : name, joined: false, left: false };
    seen.set(id, {
      ...known,
      joined: known.joined || event.type === "joined",
      left: known.left || event.type === "left",
    });
  }
  const self = me === null ? undefined : seen.get(me);
  const people = [...seen.values()].sort((a, b) => Number(b === self) - Number(a === self));
  const list = (wanted: (person: { joined: boolean; left: boolean }) => boolean): string =>
    people
      .filter(wanted)
      .map(({ name }) => name)
      .join(SEPARATOR);
  return {
    kind: "presence",
    key: `p-${first.key}`,
    joined: list(({ joined, left }) => joined && !left),
    left: list(({ joined, left }) => left && !joined),
    visited: list(({ joined, left }) => joined && left),
  };
}
