import type { CommandId, Cursor, Epoch, MemberId, RoomName, SessionToken } from "../../src/protocol/ids.ts";

// Brand texts that a test makes up, some of them invalid on purpose.

export const asCommandId = (text: string): CommandId => text as CommandId;
export const asCursor = (text: string): Cursor => text as Cursor;
export const asSession = (text: string): SessionToken => text as SessionToken;
export const asEpoch = (text: string): Epoch => text as Epoch;
export const asMember = (text: string): MemberId => text as MemberId;
export const asRoom = (text: string): RoomName => text as RoomName;
