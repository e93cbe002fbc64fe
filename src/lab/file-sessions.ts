import { concat, fromBase64, latin1, toBase64 } from "./anatomy/bytes.ts";
import type { Entry, Run } from "./run.ts";

/** Where sessions stand by the protocol (PROTOCOL.md, section 2), whatever they look like. */
const BY_PLACE = /(?<=[?&]session=|Bearer |"session"\s*:\s*")[^&\s"\\]+/gi;
/** What they look like, wherever they stand: base64url, a dot, and 16 bytes of signature. */
const BY_LOOK = /[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/g;
/** A piece of one, perhaps, where bytes before it are missing. */
const BEHIND_A_HOLE = /^[A-Za-z0-9_.-]{8,}/;
/** What is shorter might stand anywhere and mean anything; it is replaced only where a session has to stand. */
const SHORTEST = 16;

const OTHER = "x";

type Bytes = Extract<Entry, { kind: "bytes" }>;

/** Bytes of one direction of a connection without a hole, over the entries they came in. */
interface Stretch {
  readonly entries: { readonly index: number; readonly bytes: Uint8Array }[];
  readonly behindHole: boolean;
}

/** The same run, each session in it replaced by as many other characters, so that whoever gets it can't speak as its members. */
export function withoutSessions(run: Run): Run {
  const entries: Entry[] = [...run.entries];
  const sessions = new Set<string>();
  const stretches = stretchesOf(run.entries).map((stretch) => {
    const bytes = concat(stretch.entries.map((each) => each.bytes));
    const text = latin1(bytes);
    for (const [found] of [...text.matchAll(BY_PLACE), ...text.matchAll(BY_LOOK)]) {
      if (found.length >= SHORTEST) sessions.add(found);
    }
    return { stretch, bytes, text };
  });
  for (const { stretch, bytes, text } of stretches) {
    const found = placesOf(text, sessions, stretch.behindHole);
    if (found.length === 0) continue;
    for (const { from, to } of found) bytes.fill(OTHER.charCodeAt(0), from, to);
    putBack(entries, stretch, bytes);
  }
  const clean = (said: string): string => blank(said, placesOf(said, sessions, false));
  return { ...run, title: clean(run.title), entries: entries.map((entry) => cleaned(entry, clean)) };
}

function stretchesOf(entries: readonly Entry[]): Stretch[] {
  const all: Stretch[] = [];
  const open = new Map<string, Stretch>();
  const begin = (key: string, behindHole: boolean): Stretch => {
    const stretch: Stretch = { entries: [], behindHole };
    all.push(stretch);
    open.set(key, stretch);
    return stretch;
  };
  for (const [index, entry] of entries.entries()) {
    if (entry.kind !== "bytes" && entry.kind !== "unrecorded") continue;
    const key = `${entry.lane} ${entry.connection} ${entry.direction}`;
    if (entry.kind === "unrecorded") begin(key, true);
    else (open.get(key) ?? begin(key, false)).entries.push({ index, bytes: fromBase64(entry.base64) });
  }
  return all.filter((stretch) => stretch.entries.length > 0);
}

function placesOf(text: string, sessions: ReadonlySet<string>, behindHole: boolean): { from: number; to: number }[] {
  const places: { from: number; to: number }[] = [];
  const add = (from: number, length: number): void => void places.push({ from, to: from + length });
  for (const found of [...text.matchAll(BY_PLACE), ...text.matchAll(BY_LOOK)]) add(found.index, found[0].length);
  for (const session of sessions) {
    for (let at = text.indexOf(session); at >= 0; at = text.indexOf(session, at + 1)) add(at, session.length);
  }
  const rest = behindHole ? BEHIND_A_HOLE.exec(text)?.[0] : undefined;
  if (rest !== undefined) add(0, rest.length);
  return places;
}

function blank(text: string, places: readonly { from: number; to: number }[]): string {
  let said = text;
  for (const { from, to } of places) said = said.slice(0, from) + OTHER.repeat(to - from) + said.slice(to);
  return said;
}

function putBack(entries: Entry[], stretch: Stretch, bytes: Uint8Array): void {
  let from = 0;
  for (const { index, bytes: before } of stretch.entries) {
    const to = from + before.length;
    const entry = entries[index];
    if (entry?.kind === "bytes")
      entries[index] = { ...entry, base64: toBase64(bytes.subarray(from, to)) } satisfies Bytes;
    from = to;
  }
}

function cleaned(entry: Entry, clean: (said: string) => string): Entry {
  switch (entry.kind) {
    case "not-sent":
      return { ...entry, reason: clean(entry.reason) };
    case "state":
      return entry.detail === undefined ? entry : { ...entry, detail: clean(entry.detail) };
    default:
      return entry;
  }
}
