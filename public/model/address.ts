/** The page's address: which room it names, how it is shared, and the title that goes with it. */
import { LIMITS } from "../../src/protocol/limits.ts";

/** The room of an address without `?room=`. */
export const DEFAULT_ROOM = "lobby";

/** Returns the room in `?room=` of a page's address. */
export function roomOf(href: string): string {
  const named = new URL(href).searchParams.get("room")?.trim().toLowerCase();
  return named === undefined || named === "" ? DEFAULT_ROOM : named;
}

/** Returns the room key in `#key=` of a page's address, or "". Browsers never send the part after `#`. */
export function keyOf(href: string): string {
  return new URLSearchParams(new URL(href).hash.slice(1)).get("key") ?? "";
}

/** Returns the address to share for `room`: the room, its key if it has one, and nothing else. */
export function addressOf(room: string, href: string, key = ""): string {
  const url = new URL(href);
  url.search = "";
  url.hash = key === "" ? "" : new URLSearchParams({ key }).toString();
  url.searchParams.set("room", room);
  return url.href;
}

/** Returns the server's address: the folder the page was loaded from. */
export function serverOf(href: string): URL {
  return new URL(".", href);
}

/** Turns what was typed into the form the protocol wants: lower case, hyphens for spaces, no leading `#`. */
export function normalizeRoom(text: string): string {
  return text.trim().toLowerCase().replace(/^#+/, "").replace(/\s+/g, "-").slice(0, LIMITS.roomCharacters);
}

/** Returns the tab's title. The unread count comes first, where a narrow tab still shows it. */
export function titleOf(room: string | null, unread: number): string {
  if (room === null) return "Skyrocket";
  return `${unread === 0 ? "" : `(${unread.toLocaleString()}) `}#${room} · Skyrocket`;
}
