import { type Static, Type } from "typebox";
import { ERRORS, type ErrorCode } from "./errors.ts";
import { CommandIdSchema, CountSchema, SeqSchema, TextSchema } from "./schemas.ts";

const closed = { additionalProperties: false };

export const SaySchema = Type.Object({ type: Type.Literal("say"), id: CommandIdSchema, text: TextSchema }, closed);
export const TypingCommandSchema = Type.Object({ type: Type.Literal("typing"), id: CommandIdSchema }, closed);
export const LeaveSchema = Type.Object({ type: Type.Literal("leave"), id: CommandIdSchema }, closed);
export const AliveSchema = Type.Object({ type: Type.Literal("alive") }, closed);
export const CommandSchema = Type.Union([SaySchema, TypingCommandSchema, LeaveSchema, AliveSchema]);

export const OkSchema = Type.Object(
  { type: Type.Literal("ok"), id: CommandIdSchema, seq: Type.Optional(SeqSchema) },
  closed,
);
export const RefusedSchema = Type.Object(
  {
    type: Type.Literal("refused"),
    id: Type.String({ description: "the command's id, or empty if it had no valid one" }),
    code: Type.Unsafe<ErrorCode>(Type.Enum(Object.keys(ERRORS))),
    message: Type.String(),
    retry: Type.Boolean(),
    retryAfterMs: Type.Optional(CountSchema),
  },
  closed,
);
export const ReplySchema = Type.Union([OkSchema, RefusedSchema]);

export type Say = Static<typeof SaySchema>;
/** From client to server. */
export type Command = Static<typeof CommandSchema>;
/** A command that gets a reply: all but `alive`. */
export type RepliedCommand = Exclude<Command, { type: "alive" }>;
export type Ok = Static<typeof OkSchema>;
export type Refused = Static<typeof RefusedSchema>;
/** The reply to one command, matched by `id`. It can arrive before or after the event that the command caused. */
export type Reply = Static<typeof ReplySchema>;
