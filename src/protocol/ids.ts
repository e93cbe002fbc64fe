declare const brand: unique symbol;

/** A string or number that can't be confused with another kind of string or number. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };

/** Identifies one lifetime of a room's log: its seqs start over only under another epoch. 1–8 characters of `[0-9a-z]`. */
export type Epoch = Brand<string, "Epoch">;
/** A position in a room's log, `<epoch>-<seq>`: everything up to and including `seq` has been read. */
export type Cursor = Brand<string, "Cursor">;
/** The signed secret that authenticates a member. It never appears in an event, a reply or a log line. */
export type SessionToken = Brand<string, "SessionToken">;
/** Public id of a member, unique within a room. */
export type MemberId = Brand<string, "MemberId">;
/** A room's name; see `ROOM_NAME_PATTERN`. */
export type RoomName = Brand<string, "RoomName">;
/** Chosen by the client, 1–64 characters; a command sent again with the same id is executed once. */
export type CommandId = Brand<string, "CommandId">;

/** Letters a–z, digits and hyphens, at most 64, not starting with a hyphen. */
export const ROOM_NAME_PATTERN = "^[a-z0-9][a-z0-9-]{0,63}$";

const ROOM_NAME = new RegExp(ROOM_NAME_PATTERN);

/** Returns whether the text has the form of a room's name. */
export function isRoomName(text: string): text is RoomName {
  return ROOM_NAME.test(text);
}
