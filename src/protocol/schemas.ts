import { Type } from "typebox";
import { CURSOR_PATTERN } from "./cursor.ts";
import {
  type CommandId,
  type Cursor,
  type Epoch,
  type MemberId,
  ROOM_NAME_PATTERN,
  type RoomName,
  type SessionToken,
} from "./ids.ts";
import { LIMITS } from "./limits.ts";

/** Any text without lone surrogates, which UTF-8 can't encode. NUL and CR are allowed. */
const WELL_FORMED = "^\\P{Cs}*$";
/** Zero-width joiners and emoji styles. src/chat/member-name.ts checks where they may occur; a pattern can't. */
const JOINING = "\\u200C\\u200D\\uFE0E\\uFE0F";
/** Characters that are blank although Unicode does not class them so. */
const BLANK = "\\u2800\\u{13441}\\u{13442}\\u{16FE4}\\u{1D159}";
const INVISIBLE = `\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{DI}\\p{Noncharacter_Code_Point}${BLANK}`;
/** No control, format (bidi, zero-width), invisible, surrogate or line separator characters, and not blank. */
const PLAIN = `^(?=.*[^\\p{Z}${JOINING}])(?:[^${INVISIBLE}]|[${JOINING}])*$`;

// The building blocks of all other schemas.
export const CursorSchema = Type.Unsafe<Cursor>(Type.String({ pattern: CURSOR_PATTERN }));
export const EpochSchema = Type.Unsafe<Epoch>(Type.String({ pattern: "^[0-9a-z]{1,8}$" }));
export const SeqSchema = Type.Integer({ minimum: 1 });
export const AtSchema = Type.Integer({ minimum: 0, description: "milliseconds since 1970 on the server's clock" });
export const CountSchema = Type.Integer({ minimum: 0 });
export const RoomNameSchema = Type.Unsafe<RoomName>(Type.String({ pattern: ROOM_NAME_PATTERN }));
export const NameSchema = Type.String({ minLength: 1, maxLength: LIMITS.nameCodePoints, pattern: PLAIN });
export const KeySchema = Type.String({
  minLength: LIMITS.keyLeastCharacters,
  maxLength: LIMITS.keyCharacters,
  pattern: WELL_FORMED,
});
export const TextSchema = Type.String({ minLength: 1, maxLength: LIMITS.textCodePoints, pattern: WELL_FORMED });
export const MemberIdSchema = Type.Unsafe<MemberId>(Type.String({ minLength: 1, maxLength: 32 }));
export const CommandIdSchema = Type.Unsafe<CommandId>(
  Type.String({ minLength: 1, maxLength: LIMITS.commandIdCharacters, pattern: WELL_FORMED }),
);
export const TokenSchema = Type.Unsafe<SessionToken>(Type.String({ minLength: 1, maxLength: LIMITS.tokenCharacters }));
export const ViaSchema = Type.String({ description: "the transport the sender reads by", minLength: 1, maxLength: 32 });
