import { LIMITS } from "../../src/protocol/limits.ts";

/** The room of an address without `?room=`. */
export const DEFAULT_ROOM = "lobby";

/** The room named by `?room=` of a page's address. */
export function roomOf(href: string): string {
  const named = new URL(href).searchParams.get("room")?.trim().toLowerCase();
  return named === undefined || named === "" ? DEFAULT_ROOM : named;
}

/** The room key in `#key=` of a page's address, which a browser sends to nobody; empty: none. */
export function keyOf(href: string): string {
  return new URLSearchParams(new URL(href).hash.slice(1)).get("key") ?? "";
}

/** The address that opens `room`, to be shared: nothing but the room is in it, and its key where it has one. */
export function addressOf(room: string, href: string, key = ""): string {
  const url = new URL(href);
  url.search = "";
  url.hash = key === "" ? "" : new URLSearchParams({ key }).toString();
  url.searchParams.set("room", room);
  return url.href;
}

/** The server's address: where the page lies. */
export function serverOf(href: string): URL {
  return new URL(".", href);
}

/** What people write for a room, as the protocol wants it: lower case, hyphens for spaces, no leading `#`. */
export function tidyRoom(text: string): string {
  return text.trim().toLowerCase().replace(/^#+/, "").replace(/\s+/g, "-").slice(0, LIMITS.roomCharacters);
}
