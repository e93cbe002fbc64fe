import { ProtocolError } from "../protocol/errors.ts";
import type { Rooms } from "./rooms.ts";
import type { Sessions } from "./sessions.ts";

/** Why everybody who is new would be refused; null while they are not. Makes way as a newcomer would. */
export function overloadOf(sessions: Sessions, rooms: Rooms): string | null {
  if (sessions.full) return "The server holds its most sessions, and none of them can be dropped.";
  try {
    rooms.makeWay();
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}
