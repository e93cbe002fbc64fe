import { type Static, Type } from "typebox";
import { ERRORS, type ErrorCode } from "./errors.ts";
import { DurableEventSchema, MemberSchema } from "./events.ts";
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
const sessionInfo = {
  member: MemberSchema,
  room: RoomNameSchema,
  epoch: EpochSchema,
  cursor: CursorSchema,
  count: CountSchema,
  members: Type.Array(MemberSchema, { maxItems: 100 }),
  heartbeatMs: CountSchema,
  transports: Type.Array(TransportInfoSchema),
};
export const SessionInfoSchema = Type.Object(sessionInfo, closed);
export const SessionSchema = Type.Object({ session: TokenSchema, ...sessionInfo }, closed);
export const HistoryQuerySchema = Type.Object({
  before: CursorSchema,
  // Not Integer: the validator would convert "1.5" to 1 instead of refusing it.
  limit: Type.Optional(Type.Number({ minimum: 1, maximum: LIMITS.historyEvents, multipleOf: 1 })),
});
export const HistorySchema = Type.Object(
  { events: Type.Array(DurableEventSchema), cursor: Type.Union([CursorSchema, Type.Null()]) },
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
/** A session's state, without its token. */
export type SessionInfo = Static<typeof SessionInfoSchema>;
/** The answer to POST /api/sessions: a session's state with its token. */
export type Session = Static<typeof SessionSchema>;
/** One page of history, oldest first. `cursor` requests the page before it; null if there is none. */
export type HistoryPage = Static<typeof HistorySchema>;
/**
 * The number of present members, and at most 100 of them by name. `cursor` is the log's head at that time: later events
 * are newer than the list.
 */
export type Members = Static<typeof MembersSchema>;
/** The body of every HTTP refusal that is not a command's. */
export type Failure = Static<typeof FailureSchema>;
