import { concat, fromBase64, latin1, toBase64 } from "./decoder/bytes.ts";
import type { Entry, Run } from "./run.ts";

/** Tokens by their place in the protocol (PROTOCOL.md, section 2), whatever they look like. */
const BY_PLACE = /(?<=[?&]session=|Bearer |"session"\s*:\s*")[^&\s"\\]+/gi;
/**
 * Tokens by their look, in any place: base64url, a dot, and 16 bytes of signature. The lookbehind makes each run of such
 * characters match once: without it, a long run would be searched from each of its characters.
 */
const BY_LOOK = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/g;
/** At the first recorded byte after a gap: what may be the end of a token that began in the gap. */
const AFTER_GAP = /^[A-Za-z0-9_.-]{8,}/;
/** A shorter token may equal an ordinary word, so it is replaced only where `BY_PLACE` matches. */
const MIN_CHARACTERS = 16;

const REPLACEMENT = "x";

type BytesEntry = Extract<Entry, { kind: "bytes" }>;

/** Consecutive bytes of one direction of a connection, and the entries that contain them. */
interface ByteRun {
  readonly entries: { readonly index: number; readonly bytes: Uint8Array }[];
  readonly afterGap: boolean;
}

/** Returns the run with each session token replaced by as many other characters, so that nobody can act as its members. */
export function redactSessions(run: Run): Run {
  const entries: Entry[] = [...run.entries];
  const tokens = new KnownTokens();
  const byteRuns = byteRunsOf(run.entries).map((byteRun) => {
    const bytes = concat(byteRun.entries.map((each) => each.bytes));
    const text = latin1(bytes);
    for (const [found] of [...text.matchAll(BY_PLACE), ...text.matchAll(BY_LOOK)]) {
      if (found.length >= MIN_CHARACTERS) tokens.add(found);
    }
    return { byteRun, bytes, text };
  });
  for (const { byteRun, bytes, text } of byteRuns) {
    const places = placesIn(text, tokens, byteRun.afterGap);
    if (places.length === 0) continue;
    for (const { from, to } of places) bytes.fill(REPLACEMENT.charCodeAt(0), from, to);
    putBack(entries, byteRun, bytes);
  }
  const redact = (text: string): string => replace(text, placesIn(text, tokens, false));
  return { ...run, title: redact(run.title), entries: entries.map((entry) => redactTexts(entry, redact)) };
}

function byteRunsOf(entries: readonly Entry[]): ByteRun[] {
  const all: ByteRun[] = [];
  const open = new Map<string, ByteRun>();
  const begin = (key: string, afterGap: boolean): ByteRun => {
    const byteRun: ByteRun = { entries: [], afterGap };
    all.push(byteRun);
    open.set(key, byteRun);
    return byteRun;
  };
  for (const [index, entry] of entries.entries()) {
    if (entry.kind !== "bytes" && entry.kind !== "unrecorded") continue;
    const key = `${entry.lane} ${entry.connection} ${entry.direction}`;
    if (entry.kind === "unrecorded") begin(key, true);
    else (open.get(key) ?? begin(key, false)).entries.push({ index, bytes: fromBase64(entry.base64) });
  }
  return all.filter((byteRun) => byteRun.entries.length > 0);
}

interface TextRange {
  readonly from: number;
  to: number;
}

/** Returns where a text contains tokens, in order and without overlaps. */
function placesIn(text: string, tokens: KnownTokens, afterGap: boolean): readonly TextRange[] {
  const found: TextRange[] = [];
  const rest = afterGap ? AFTER_GAP.exec(text)?.[0] : undefined;
  if (rest !== undefined) found.push({ from: 0, to: rest.length });
  for (const match of [...text.matchAll(BY_PLACE), ...text.matchAll(BY_LOOK)]) {
    found.push({ from: match.index, to: match.index + match[0].length });
  }
  for (const place of tokens.placesIn(text)) found.push(place);
  const places: TextRange[] = [];
  for (const { from, to } of found.sort((one, other) => one.from - other.from)) {
    const last = places.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else places.push({ from, to });
  }
  return places;
}

/** With more tokens of the same prefix, which no server creates, everything that could be part of one is replaced. */
const MAX_SAME_PREFIX = 16;
/** The rest of a token after its prefix. */
const REST = /[^&\s"\\]*/y;

/** Tokens that `BY_PLACE` or `BY_LOOK` found. They are replaced wherever else they occur. */
class KnownTokens {
  /** By their first `MIN_CHARACTERS`, and the hash of each such prefix. */
  readonly #byPrefix = new Map<string, Set<string>>();
  readonly #hashes = new Set<number>();

  add(token: string): void {
    const prefix = token.slice(0, MIN_CHARACTERS);
    const samePrefix = this.#byPrefix.get(prefix);
    if (samePrefix === undefined) this.#byPrefix.set(prefix, new Set([token]));
    else samePrefix.add(token);
    this.#hashes.add(hashOf(prefix));
  }

  /** Returns where a text contains tokens. Scans it once with a rolling hash (Rabin-Karp), however many tokens there are. */
  placesIn(text: string): TextRange[] {
    const places: TextRange[] = [];
    if (this.#hashes.size === 0 || text.length < MIN_CHARACTERS) return places;
    let hash = hashOf(text.slice(0, MIN_CHARACTERS - 1));
    for (let at = 0; at + MIN_CHARACTERS <= text.length; at += 1) {
      hash = addToHash(hash, text.charCodeAt(at + MIN_CHARACTERS - 1));
      const length = this.#hashes.has(hash) ? this.#lengthAt(text, at) : 0;
      if (length > 0) {
        const to = at + length;
        places.push({ from: at, to });
        if (to + MIN_CHARACTERS > text.length) break;
        hash = hashOf(text.slice(to, to + MIN_CHARACTERS - 1));
        at = to - 1;
        continue;
      }
      hash = (hash - Math.imul(text.charCodeAt(at), OLDEST_WEIGHT)) | 0;
    }
    return places;
  }

  /** Returns the length of the token that begins here; 0 if none does. */
  #lengthAt(text: string, at: number): number {
    const samePrefix = this.#byPrefix.get(text.slice(at, at + MIN_CHARACTERS));
    if (samePrefix === undefined) return 0;
    if (samePrefix.size <= MAX_SAME_PREFIX) {
      return Math.max(0, ...[...samePrefix].filter((token) => text.startsWith(token, at)).map(({ length }) => length));
    }
    REST.lastIndex = at + MIN_CHARACTERS;
    return MIN_CHARACTERS + (REST.exec(text)?.[0].length ?? 0);
  }
}

const HASH_BASE = 257;
/** Weight of the oldest of `MIN_CHARACTERS` characters in a hash. */
const OLDEST_WEIGHT = Array.from({ length: MIN_CHARACTERS - 1 }).reduce<number>(
  (power) => Math.imul(power, HASH_BASE),
  1,
);

function addToHash(hash: number, code: number): number {
  return (Math.imul(hash, HASH_BASE) + code) | 0;
}

function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = addToHash(hash, text.charCodeAt(at));
  return hash;
}

function replace(text: string, places: readonly TextRange[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { from, to } of places) {
    parts.push(text.slice(done, from), REPLACEMENT.repeat(to - from));
    done = to;
  }
  return [...parts, text.slice(done)].join("");
}

function putBack(entries: Entry[], byteRun: ByteRun, bytes: Uint8Array): void {
  let from = 0;
  for (const { index, bytes: before } of byteRun.entries) {
    const to = from + before.length;
    const entry = entries[index];
    if (entry?.kind === "bytes")
      entries[index] = { ...entry, base64: toBase64(bytes.subarray(from, to)) } satisfies BytesEntry;
    from = to;
  }
}

function redactTexts(entry: Entry, redact: (text: string) => string): Entry {
  switch (entry.kind) {
    case "not-sent":
      return { ...entry, reason: redact(entry.reason) };
    case "state":
      return entry.detail === undefined ? entry : { ...entry, detail: redact(entry.detail) };
    default:
      return entry;
  }
}
