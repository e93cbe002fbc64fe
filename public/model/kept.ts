import type { Resumption } from "../../src/client/types.ts";
import { isCursor } from "../../src/protocol/cursor.ts";
import type { MemberId, SessionToken } from "../../src/protocol/ids.ts";
import { readJson, type Shelf } from "./shelf.ts";

/** A tab's place in a room, for its next life. */
export interface Kept {
  readonly room: string;
  readonly name: string;
  readonly member: MemberId;
  readonly resumption: Resumption;
}

const KEY = "seat";

function isToken(value: unknown): value is SessionToken {
  return typeof value === "string" && value !== "";
}

function isMemberId(value: unknown): value is MemberId {
  return typeof value === "string" && value !== "";
}

/** What this tab kept of `room` under `name`; null when there is nothing, or nothing readable. */
export function loadKept(shelf: Shelf, room: string, name: string): Kept | null {
  const kept = readJson(shelf, KEY);
  if (typeof kept !== "object" || kept === null) return null;
  if (!("room" in kept) || kept.room !== room || !("name" in kept) || kept.name !== name) return null;
  if (!("member" in kept) || !isMemberId(kept.member) || !("session" in kept) || !isToken(kept.session)) return null;
  if (!("cursor" in kept) || typeof kept.cursor !== "string" || !isCursor(kept.cursor)) return null;
  if (!("reader" in kept) || typeof kept.reader !== "number") return null;
  return {
    room,
    name,
    member: kept.member,
    resumption: { session: kept.session, cursor: kept.cursor, reader: kept.reader },
  };
}

/** Keeps a place, or with null forgets it. */
export function saveKept(shelf: Shelf, kept: Kept | null): void {
  if (kept === null) shelf.set(KEY, null);
  else shelf.set(KEY, JSON.stringify({ room: kept.room, name: kept.name, member: kept.member, ...kept.resumption }));
}
