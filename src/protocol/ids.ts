declare const brand: unique symbol;

/** A string or number that can't be mixed up with another kind of string or number. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };

/** Names one life of one room's log; a log that starts anew has another one. At most 8 characters of `[0-9a-z]`. */
export type Epoch = Brand<string, "Epoch">;
/** A place in a room's log, `<epoch>-<seq>`: everything up to and including `seq` has been read. */
export type Cursor = Brand<string, "Cursor">;
/** The signed secret by which a member is known; it never appears in an event, a reply or a log line. */
export type SessionToken = Brand<string, "SessionToken">;
/** Public name of a member, unique within a room. */
export type MemberId = Brand<string, "MemberId">;
/** A room's name; see `ROOM_NAME_PATTERN`. */
export type RoomName = Brand<string, "RoomName">;
/** Chosen by the client, 1–64 characters; a command sent again under the same id is carried out once. */
export type CommandId = Brand<string, "CommandId">;

/** Letters a–z, digits and hyphens, at most 64 of them, with no hyphen first. */
export const ROOM_NAME_PATTERN = "^[a-z0-9][a-z0-9-]{0,63}$";

const ROOM_NAME = new RegExp(ROOM_NAME_PATTERN);

/** Whether the text has the form of a room's name. */
export function isRoomName(text: string): text is RoomName {
  return ROOM_NAME.test(text);
}
