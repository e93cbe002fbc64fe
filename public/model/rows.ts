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

/** Messages of one author closer than this are one group. */
const GROUP_MS = 5 * 60_000;
const SEPARATOR = "\n";

interface Group {
  readonly author: MemberId;
  readonly at: number;
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
  let group: Group | null = null;

  function close(): void {
    const row = presenceRow(run, me);
    if (row === null) return;
    rows.push(row);
    run = [];
    group = null;
  }
  function enter(at: number, key: string): void {
    if (dayKey(at) === day) return;
    close();
    day = dayKey(at);
    rows.push({ kind: "day", key: `d-${key}`, at });
    group = null;
  }
  function heads(author: MemberId, at: number): boolean {
    const head = group === null || group.author !== author || at - group.at > GROUP_MS;
    group = { author, at };
    return head;
  }

  for (const entry of entries) {
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
    if (entry.key === unread) {
      rows.push({ kind: "unread", key: "unread" });
      group = null;
    }
    rows.push({ kind: "message", key: entry.key, entry, head: heads(entry.event.from.id, entry.event.at) });
  }
  close();
  for (const one of pending) {
    if (me === null) break;
    enter(one.at, one.id);
    rows.push({ kind: "pending", key: pendingKey(one.id), pending: one, head: heads(me, one.at) });
  }
  return rows;
}

/** An own message keeps this key when it comes back, so that its line stays the line it was. */
export function pendingKey(id: string): string {
  return `own-${id}`;
}
