import { type Static, Type } from "typebox";
import { ERRORS, type ErrorCode } from "./errors.ts";
import { MemberSchema, NumberedEventSchema } from "./events.ts";
import { LIMITS } from "./limits.ts";
import {
  CountSchema,
  CursorSchema,
  EpochSchema,
  KeySchema,
  NameSchema,
  RoomNameSchema,
  TokenSchema,
} from "./schemas.ts";

const closed = { additionalProperties: false };

export const SessionRequestSchema = Type.Object(
  { room: RoomNameSchema, name: NameSchema, key: Type.Optional(KeySchema) },
  closed,
);
export const TransportInfoSchema = Type.Object(
  { name: Type.String(), title: Type.String(), duplex: Type.Boolean() },
  closed,
);
const seat = {
  member: MemberSchema,
  room: RoomNameSchema,
  epoch: EpochSchema,
  cursor: CursorSchema,
  count: CountSchema,
  members: Type.Array(MemberSchema, { maxItems: 100 }),
  heartbeatMs: CountSchema,
  transports: Type.Array(TransportInfoSchema),
};
export const SessionInfoSchema = Type.Object(seat, closed);
export const SessionSchema = Type.Object({ session: TokenSchema, ...seat }, closed);
export const HistoryQuerySchema = Type.Object({
  before: CursorSchema,
  // Not Integer: the validator would make a 1 of "1.5" instead of refusing it.
  limit: Type.Optional(Type.Number({ minimum: 1, maximum: LIMITS.historyEvents, multipleOf: 1 })),
});
export const HistorySchema = Type.Object(
  { events: Type.Array(NumberedEventSchema), cursor: Type.Union([CursorSchema, Type.Null()]) },
  closed,
);
export const MembersSchema = Type.Object(
  { count: CountSchema, members: Type.Array(MemberSchema, { maxItems: 100 }), cursor: CursorSchema },
  closed,
);
export const FailureSchema = Type.Object(
  { code: Type.Unsafe<ErrorCode>(Type.Enum(Object.keys(ERRORS))), message: Type.String(), retry: Type.Boolean() },
  closed,
);

export type SessionRequest = Static<typeof SessionRequestSchema>;
export type TransportInfo = Static<typeof TransportInfoSchema>;
/** What a member may know of its own session, without the secret. */
export type SessionInfo = Static<typeof SessionInfoSchema>;
/** Answer to POST /api/sessions: the same, with the secret. */
export type Session = Static<typeof SessionSchema>;
/** One page of the past, oldest first; `cursor` asks for the page before it, null where the past ends. */
export type HistoryPage = Static<typeof HistorySchema>;
/**
 * Everyone present as a number, and at most 100 of them by name. `cursor` is the log's head at that time: what comes
 * after it is newer than the list.
 */
export type Members = Static<typeof MembersSchema>;
/** Body of every HTTP refusal that is not a command's. */
export type Failure = Static<typeof FailureSchema>;
