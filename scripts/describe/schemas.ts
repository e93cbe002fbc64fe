import * as commands from "../../src/protocol/commands.ts";
import * as events from "../../src/protocol/events.ts";
import * as http from "../../src/protocol/http.ts";
import * as basics from "../../src/protocol/schemas.ts";

/** A JSON value of a document. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The protocol's schemas by their names in the documents. Of two equal schemas, the first name is used. */
const NAMED = {
  Cursor: basics.CursorSchema,
  Epoch: basics.EpochSchema,
  RoomName: basics.RoomNameSchema,
  Name: basics.NameSchema,
  Text: basics.TextSchema,
  MemberId: basics.MemberIdSchema,
  CommandId: basics.CommandIdSchema,
  SessionToken: basics.TokenSchema,
  Seq: basics.SeqSchema,
  At: basics.AtSchema,
  Via: basics.ViaSchema,
  Member: events.MemberSchema,
  Message: events.MessageSchema,
  Joined: events.JoinedSchema,
  Left: events.LeftSchema,
  Live: events.LiveSchema,
  Typing: events.TypingSchema,
  Census: events.CensusSchema,
  Idle: events.IdleSchema,
  Gap: events.GapSchema,
  Bye: events.ByeSchema,
  DurableEvent: events.DurableEventSchema,
  DownEvent: events.DownEventSchema,
  Say: commands.SaySchema,
  TypingCommand: commands.TypingCommandSchema,
  Leave: commands.LeaveSchema,
  Alive: commands.AliveSchema,
  Command: commands.CommandSchema,
  Ok: commands.OkSchema,
  Refused: commands.RefusedSchema,
  Reply: commands.ReplySchema,
  SessionRequest: http.SessionRequestSchema,
  TransportInfo: http.TransportInfoSchema,
  SessionInfo: http.SessionInfoSchema,
  Session: http.SessionSchema,
  History: http.HistorySchema,
  Members: http.MembersSchema,
  Failure: http.FailureSchema,
} as const;

export type SchemaName = keyof typeof NAMED;

/** Returns a reference to a named schema. */
export function ref(name: SchemaName): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** Returns all named schemas as plain JSON Schema, with references where one contains another. */
export function componentSchemas(): Record<string, Json> {
  const names = new Map(Object.entries(NAMED).map(([name, schema]) => [JSON.stringify(schema), name]));
  return Object.fromEntries(
    Object.entries(NAMED).map(([name, schema]) => [name, withReferences(plain(schema), names, true)]),
  );
}

/** Returns a schema as plain JSON Schema: a copy without TypeBox's symbols. */
export function plain(schema: object): Json {
  const copy: Json = JSON.parse(JSON.stringify(schema));
  return copy;
}

function withReferences(value: Json, names: ReadonlyMap<string, string>, isRoot: boolean): Json {
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((item) => withReferences(item, names, false));
  const name = isRoot ? undefined : names.get(JSON.stringify(value));
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withReferences(item, names, false)]));
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
