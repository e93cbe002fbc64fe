import { type Json, ref, type SchemaName } from "./schemas.ts";

type Entries = Readonly<Record<string, readonly [schema: SchemaName, summary: string]>>;

/** Down, one by one. */
export const EVENTS: Entries = {
  message: ["Message", "Someone said something. Numbered."],
  joined: ["Joined", "A member has come. Numbered."],
  left: ["Left", "A member has gone. Numbered."],
  live: ["Live", "The reader has reached the head of the log."],
  typing: ["Typing", "A member is typing."],
  census: ["Census", "How many members are present, in a room too large to name them."],
  idle: ["Idle", "Nothing happened for a while; the connection is alive."],
  gap: ["Gap", "What came after the reader's cursor can't be replayed; reading goes on from this cursor."],
  bye: ["Bye", "Always last: why the server ends this reader."],
};

/** Up. */
export const COMMANDS: Entries = {
  say: ["Say", "Say something."],
  typingCommand: ["TypingCommand", "Tell the room that this member is typing."],
  leave: ["Leave", "Leave the room and end the session."],
  alive: ["Alive", "This member is still there. Gets no reply."],
};

/** In answer to one command. */
export const REPLIES: Entries = {
  ok: ["Ok", "The command was carried out; `seq` is its event's number, if it has one."],
  refused: ["Refused", "The command was not carried out, and why."],
};

/** The messages themselves, for `components`. */
export function componentMessages(): Record<string, Json> {
  const single = Object.entries({ ...EVENTS, ...COMMANDS, ...REPLIES }).map(
    ([key, [schema, summary]]): [string, Json] => [key, { name: key, summary, payload: ref(schema) }],
  );
  const events = {
    name: "events",
    summary: "One poll's answer: events, oldest first.",
    payload: { type: "array", items: ref("DownEvent") },
  };
  return { ...Object.fromEntries(single), events };
}

/** What a channel lists as its messages. */
export function channelMessages(keys: readonly string[]): Record<string, Json> {
  return Object.fromEntries(keys.map((key) => [key, { $ref: `#/components/messages/${key}` }]));
}

/** What an operation on that channel lists as its messages. */
export function operationMessages(channel: string, keys: readonly string[]): Json {
  return keys.map((key) => ({ $ref: `#/channels/${channel}/messages/${key}` }));
}
