import { type Static, Type } from "typebox";
import { BYES } from "./errors.ts";
import {
  AtSchema,
  CommandIdSchema,
  CountSchema,
  CursorSchema,
  MemberIdSchema,
  NameSchema,
  SeqSchema,
  TextSchema,
  ViaSchema,
} from "./schemas.ts";

const closed = { additionalProperties: false };

export const MemberSchema = Type.Object(
  { id: MemberIdSchema, name: NameSchema, via: Type.Optional(ViaSchema) },
  closed,
);
const AuthorSchema = Type.Object({ id: MemberIdSchema, name: NameSchema }, closed);

// Durable: these are in the log.

export const MessageSchema = Type.Object(
  {
    type: Type.Literal("message"),
    seq: SeqSchema,
    at: AtSchema,
    id: CommandIdSchema,
    from: AuthorSchema,
    text: TextSchema,
    via: Type.Optional(ViaSchema),
  },
  closed,
);
export const JoinedSchema = Type.Object(
  { type: Type.Literal("joined"), seq: SeqSchema, at: AtSchema, member: AuthorSchema, via: Type.Optional(ViaSchema) },
  closed,
);
export const LeftSchema = Type.Object(
  { type: Type.Literal("left"), seq: SeqSchema, at: AtSchema, member: AuthorSchema, via: Type.Optional(ViaSchema) },
  closed,
);

// Ephemeral: these are not in the log.

export const LiveSchema = Type.Object(
  { type: Type.Literal("live"), at: AtSchema, cursor: CursorSchema, replayed: CountSchema },
  closed,
);
export const TypingSchema = Type.Object({ type: Type.Literal("typing"), at: AtSchema, member: AuthorSchema }, closed);
export const CensusSchema = Type.Object({ type: Type.Literal("census"), at: AtSchema, count: CountSchema }, closed);
export const IdleSchema = Type.Object({ type: Type.Literal("idle"), at: AtSchema }, closed);
export const GapSchema = Type.Object(
  {
    type: Type.Literal("gap"),
    cursor: CursorSchema,
    missed: Type.Union([CountSchema, Type.Null()], { description: "null: unknown. 0: only the epoch is new." }),
  },
  closed,
);
export const ByeSchema = Type.Object(
  {
    type: Type.Literal("bye"),
    reason: Type.Unsafe<keyof typeof BYES>(Type.Enum(Object.keys(BYES))),
    retry: Type.Boolean(),
    retryAfterMs: Type.Optional(CountSchema),
  },
  closed,
);

export const DurableEventSchema = Type.Union([MessageSchema, JoinedSchema, LeftSchema]);
export const DownEventSchema = Type.Union([
  MessageSchema,
  JoinedSchema,
  LeftSchema,
  LiveSchema,
  TypingSchema,
  CensusSchema,
  IdleSchema,
  GapSchema,
  ByeSchema,
]);

/** A member as others see it. `via`: the transport it reads by, if known. */
export type Member = Static<typeof MemberSchema>;
/** A member in events. */
export type Author = Static<typeof AuthorSchema>;
export type Message = Static<typeof MessageSchema>;
export type Joined = Static<typeof JoinedSchema>;
export type Left = Static<typeof LeftSchema>;
export type Live = Static<typeof LiveSchema>;
export type Typing = Static<typeof TypingSchema>;
export type Census = Static<typeof CensusSchema>;
export type Idle = Static<typeof IdleSchema>;
export type Gap = Static<typeof GapSchema>;
export type Bye = Static<typeof ByeSchema>;
/** An event in the log: it has a `seq` and is replayed. A link delivers it at most once, the client exactly once. */
export type DurableEvent = Message | Joined | Left;
/** An event for one or all readers that are attached now. It is never replayed. */
export type EphemeralEvent = Live | Typing | Census | Idle | Gap | Bye;
export type DownEvent = DurableEvent | EphemeralEvent;
