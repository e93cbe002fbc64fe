import { concat, fromBase64, latin1, toBase64 } from "./decoder/bytes.ts";
import type { Entry, Run } from "./run.ts";

/** Where sessions stand by the protocol (PROTOCOL.md, section 2), whatever they look like. */
const BY_PLACE = /(?<=[?&]session=|Bearer |"session"\s*:\s*")[^&\s"\\]+/gi;
/**
 * What they look like, wherever they stand: base64url, a dot, and 16 bytes of signature. Sought from the beginning of a
 * run of such characters only, or a long run would be gone through once for each of them.
 */
const BY_LOOK = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/g;
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
  const sessions = new Known();
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

/** Where sessions stand in a text, in order and apart from one another. */
function placesOf(text: string, sessions: Known, behindHole: boolean): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  const rest = behindHole ? BEHIND_A_HOLE.exec(text)?.[0] : undefined;
  if (rest !== undefined) found.push({ from: 0, to: rest.length });
  for (const match of [...text.matchAll(BY_PLACE), ...text.matchAll(BY_LOOK)]) {
    found.push({ from: match.index, to: match.index + match[0].length });
  }
  for (const place of sessions.placesIn(text)) found.push(place);
  const places: { from: number; to: number }[] = [];
  for (const { from, to } of found.sort((one, other) => one.from - other.from)) {
    const last = places.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else places.push({ from, to });
  }
  return places;
}

/** Sessions that were found where one has to stand, to be found elsewhere too. */
class Known {
  /** By their first characters, and a sum over each of those. */
  readonly #byBeginning = new Map<string, Set<string>>();
  readonly #sums = new Set<number>();

  add(session: string): void {
    const beginning = session.slice(0, SHORTEST);
    const alike = this.#byBeginning.get(beginning);
    if (alike === undefined) this.#byBeginning.set(beginning, new Set([session]));
    else alike.add(session);
    this.#sums.add(sumOf(beginning));
  }

  /** Where they stand in a text, which is gone through once, however many there are. */
  placesIn(text: string): { from: number; to: number }[] {
    const places: { from: number; to: number }[] = [];
    if (this.#sums.size === 0 || text.length < SHORTEST) return places;
    // Kept up from one place to the next: a rolling hash (Rabin and Karp).
    let sum = sumOf(text.slice(0, SHORTEST - 1));
    for (let at = 0; at + SHORTEST <= text.length; at += 1) {
      sum = step(sum, text.charCodeAt(at + SHORTEST - 1));
      const length = this.#sums.has(sum) ? this.#lengthAt(text, at) : 0;
      if (length > 0) {
        const to = at + length;
        places.push({ from: at, to });
        if (to + SHORTEST > text.length) break;
        sum = sumOf(text.slice(to, to + SHORTEST - 1));
        at = to - 1;
        continue;
      }
      sum = (sum - Math.imul(text.charCodeAt(at), FIRST)) | 0;
    }
    return places;
  }

  /** How long the session is that begins here; 0: none does. */
  #lengthAt(text: string, at: number): number {
    const alike = this.#byBeginning.get(text.slice(at, at + SHORTEST));
    if (alike === undefined) return 0;
    if (alike.size <= MOST_ALIKE) {
      return Math.max(0, ...[...alike].filter((session) => text.startsWith(session, at)).map(({ length }) => length));
    }
    REST.lastIndex = at + SHORTEST;
    return SHORTEST + (REST.exec(text)?.[0].length ?? 0);
  }
}

/** Where more begin alike, as no server makes them, all that may be part of one is replaced. */
const MOST_ALIKE = 16;
/** What may follow within a session. */
const REST = /[^&\s"\\]*/y;
const BASE = 257;
/** The weight of the first of `SHORTEST` characters. */
const FIRST = Array.from({ length: SHORTEST - 1 }).reduce<number>((power) => Math.imul(power, BASE), 1);

function step(sum: number, code: number): number {
  return (Math.imul(sum, BASE) + code) | 0;
}

function sumOf(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = step(sum, text.charCodeAt(at));
  return sum;
}

function blank(text: string, places: readonly { from: number; to: number }[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { from, to } of places) {
    parts.push(text.slice(done, from), OTHER.repeat(to - from));
    done = to;
  }
  return [...parts, text.slice(done)].join("");
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
