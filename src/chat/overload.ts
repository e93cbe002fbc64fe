import type { Rooms } from "./rooms.ts";
import type { Sessions } from "./sessions.ts";

/** Why new sessions would be refused, or null if they are accepted. Asking changes nothing. */
export function overloadOf(sessions: Sessions, rooms: Rooms): string | null {
  if (sessions.full) return "The server holds its most sessions, and none of them can be dropped.";
  return rooms.full ? "The logs of all rooms together are at their limit." : null;
}
