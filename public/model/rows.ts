import type { MemberId } from "../../src/protocol/ids.ts";
import { dayKey } from "./format.ts";
import type { Pending } from "./outbox.ts";
import type { Entry, EventEntry, NoteEntry } from "./timeline.ts";

/** One line of the list as it is drawn. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "unread"; readonly key: string }
  | { readonly kind: "message"; readonly key: string; readonly entry: EventEntry; readonly head: boolean }
  | { readonly kind: "pending"; readonly key: string; readonly pending: Pending; readonly head: boolean }
  | {
      readonly kind: "presence";
      readonly key: string;
      readonly joined: string;
      readonly left: string;
      readonly visited: string;
    }
  | { readonly kind: "note"; readonly key: string; readonly note: NoteEntry };

/** Messages of one author closer than this are one group, */
const GROUP_MS = 5 * 60_000;
/** unless they fill about a screen: then the name would be out of sight. */
const GROUP_LINES = 16;
/** As many are shown of a folded message. */
const FOLDED_LINES = 12;
const LINE_CHARACTERS = 60;
const SEPARATOR = "\n";

interface Group {
  readonly author: MemberId;
  readonly at: number;
  readonly lines: number;
}

/** About how many lines a text takes. */
function linesOf(text: string): number {
  let lines = 0;
  for (const line of text.split("\n")) lines += Math.max(1, Math.ceil(line.length / LINE_CHARACTERS));
  return Math.min(lines, FOLDED_LINES);
}

type Item = Entry | { readonly kind: "pending"; readonly pending: Pending };

function saidAt(item: Item): number | undefined {
  if (item.kind === "pending") return item.pending.at;
  return item.kind === "event" ? item.saidAt : undefined;
}

/**
 * The entries with what is still being sent at the end. An own message that was said before a switch stands before its
 * note, however late it came back.
 */
function inOrderOfSaying(entries: readonly Entry[], pending: readonly Pending[]): readonly Item[] {
  const items: Item[] = [];
  for (const item of [...entries, ...pending.map((one) => ({ kind: "pending" as const, pending: one }))]) {
    const said = saidAt(item);
    let place = items.length;
    while (said !== undefined && isNoteAfter(items[place - 1], said)) place -= 1;
    items.splice(place, 0, item);
  }
  return items;
}

function isNoteAfter(item: Item | undefined, at: number): boolean {
  return item?.kind === "switch" && item.at > at;
}

/** Names of a presence row, as they were joined for comparison. */
export function namesIn(joined: string): readonly string[] {
  return joined === "" ? [] : joined.split(SEPARATOR);
}

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

interface View {
  readonly entries: readonly Entry[];
  readonly pending: readonly Pending[];
  readonly me: MemberId | null;
  /** Key of the first message that was not seen; null: all were. */
  readonly unread: string | null;
}

/** Makes lines of entries: days, groups of one author, comings and goings in one line, the unread line. */
export function rowsOf({ entries, pending, me, unread }: View): readonly Row[] {
  const rows: Row[] = [];
  let run: EventEntry[] = [];
  let day = "";
  let newest = Number.NEGATIVE_INFINITY;
  let group: Group | null = null;

  function close(): void {
    const row = presenceRow(run, me);
    if (row === null) return;
    rows.push(row);
    run = [];
    group = null;
  }
  function enter(at: number, key: string): void {
    // Of two clocks one is behind: that does not bring yesterday back.
    if (at <= newest) return;
    newest = at;
    if (dayKey(at) === day) return;
    close();
    day = dayKey(at);
    rows.push({ kind: "day", key: `d-${key}`, at });
    group = null;
  }
  function heads(author: MemberId, at: number, text: string): boolean {
    const before = group?.author === author && at - group.at <= GROUP_MS && group.lines < GROUP_LINES ? group : null;
    group = { author, at, lines: (before?.lines ?? 0) + linesOf(text) };
    return before === null;
  }

  for (const entry of inOrderOfSaying(entries, me === null ? [] : pending)) {
    if (entry.kind === "pending") {
      const { id, at, text } = entry.pending;
      close();
      enter(at, id);
      rows.push({
        kind: "pending",
        key: pendingKey(id),
        pending: entry.pending,
        head: me === null || heads(me, at, text),
      });
      continue;
    }
    if (entry.kind !== "event") {
      close();
      rows.push({ kind: "note", key: entry.key, note: entry });
      group = null;
      continue;
    }
    enter(entry.event.at, entry.key);
    if (entry.event.type !== "message") {
      run.push(entry);
      continue;
    }
    close();
    const { from, at, text } = entry.event;
    if (entry.key === unread) {
      rows.push({ kind: "unread", key: "unread" });
      group = null;
    }
    rows.push({ kind: "message", key: entry.key, entry, head: heads(from.id, at, text) });
  }
  close();
  return rows;
}

/** An own message keeps this key when it comes back, so that its line stays the line it was. */
export function pendingKey(id: string): string {
  return `own-${id}`;
}
