/** What this browser remembers: plain values by key, and the session that a reload resumes. */
import type { Resumption } from "../../src/client/types.ts";
import { isCursor } from "../../src/protocol/cursor.ts";
import type { MemberId, SessionToken } from "../../src/protocol/ids.ts";

/** Texts by key. Setting `null` removes the key. */
export interface KeyValueStore {
  get(key: string): string | null;
  set(key: string, value: string | null): void;
}

/**
 * Wraps Web Storage so that it never throws. A browser may forbid storage or run out of it, and a chat that forgets is
 * better than one that doesn't start.
 */
export function createStore(storage: () => Storage, prefix = "skyrocket:"): KeyValueStore {
  return {
    get(key) {
      try {
        return storage().getItem(prefix + key);
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        if (value === null) storage().removeItem(prefix + key);
        else storage().setItem(prefix + key, value);
      } catch {
        // The value is lost at the next reload.
      }
    },
  };
}

/** Parses a stored value as JSON. Returns null if there is none, or none that parses. */
export function readJson(store: KeyValueStore, key: string): unknown {
  const text = store.get(key);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A tab's session in a room, from which its next page load resumes. */
export interface SavedSession {
  readonly room: string;
  readonly name: string;
  readonly member: MemberId;
  readonly resumption: Resumption;
}

const SESSION_KEY = "session";

function isToken(value: unknown): value is SessionToken {
  return typeof value === "string" && value !== "";
}

function isMemberId(value: unknown): value is MemberId {
  return typeof value === "string" && value !== "";
}

/** Returns the session this tab saved for `name` in `room`, or null if there is none that can be read. */
export function loadSession(store: KeyValueStore, room: string, name: string): SavedSession | null {
  const saved = readJson(store, SESSION_KEY);
  if (typeof saved !== "object" || saved === null) return null;
  if (!("room" in saved) || saved.room !== room || !("name" in saved) || saved.name !== name) return null;
  if (!("member" in saved) || !isMemberId(saved.member) || !("session" in saved) || !isToken(saved.session))
    return null;
  if (!("cursor" in saved) || typeof saved.cursor !== "string" || !isCursor(saved.cursor)) return null;
  if (!("reader" in saved) || typeof saved.reader !== "number") return null;
  return {
    room,
    name,
    member: saved.member,
    resumption: { session: saved.session, cursor: saved.cursor, reader: saved.reader },
  };
}

/** Saves a session for the next page load. Null removes the saved one. */
export function saveSession(store: KeyValueStore, session: SavedSession | null): void {
  if (session === null) {
    store.set(SESSION_KEY, null);
    return;
  }
  const { room, name, member, resumption } = session;
  store.set(SESSION_KEY, JSON.stringify({ room, name, member, ...resumption }));
}
