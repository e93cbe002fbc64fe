/** The AsyncAPI document: the messages that go over each transport. */
import type { TransportInfo } from "../../src/protocol/http.ts";
import { componentSchemas, type Json, ref, type SchemaName } from "./schemas.ts";
import { answersWithArrays } from "./transports.ts";

type Entries = Readonly<Record<string, readonly [schema: SchemaName, summary: string]>>;

/** Events of the down-leg. */
const EVENTS: Entries = {
  message: ["Message", "A member sent a message. Durable."],
  joined: ["Joined", "A member joined. Durable."],
  left: ["Left", "A member left. Durable."],
  live: ["Live", "The reader has reached the head of the log."],
  typing: ["Typing", "A member is typing."],
  census: ["Census", "The number of members, in a room too large for `joined` and `left`."],
  idle: ["Idle", "No event for a while. The connection is alive."],
  gap: ["Gap", "Events after the reader's cursor can't be replayed. Reading continues from this cursor."],
  bye: ["Bye", "Always the last event: why the server ends this reader."],
};

/** Commands of the up-leg. */
const COMMANDS: Entries = {
  say: ["Say", "Sends a message."],
  typingCommand: ["TypingCommand", "Announces that this member is typing."],
  leave: ["Leave", "Leaves the room and ends the session."],
  alive: ["Alive", "Confirms that the client is still connected. Gets no reply."],
};

/** Replies to one command. */
const REPLIES: Entries = {
  ok: ["Ok", "The command was executed. `seq` is its event's number, if it has one."],
  refused: ["Refused", "The command was refused, with the reason."],
};

const commands = Object.keys(COMMANDS);
const replies = Object.keys(REPLIES);
/** Repeated in full, since the AsyncAPI schema allows no reference for the query of a binding. */
const attachQuery = {
  type: "object",
  properties: { session: ref("SessionToken"), after: ref("Cursor"), reader: { type: "integer", minimum: 1 } },
};

/** Returns the messages of each transport as an AsyncAPI 3.0 document. The routes are in the OpenAPI document. */
export function asyncapi(version: string, transports: readonly TransportInfo[]): Json {
  const duplex = transports.filter((transport) => transport.duplex);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Skyrocket",
      version,
      description:
        "One chat room behind every real-time transport of the web. Made from the schemas in src/protocol by `npm run docs`; PROTOCOL.md explains it.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      http: { host: "127.0.0.1:3000", protocol: "http", description: "npm start" },
      ws: { host: "127.0.0.1:3000", protocol: "ws", description: "The same port." },
    },
    channels: {
      ...Object.fromEntries(transports.map((transport) => [transport.name, channelOf(transport)])),
      commands: {
        address: "/api/commands",
        title: "Commands",
        description:
          "The up-leg of every transport that is not duplex: one command in a POST, its reply in the response.",
        servers: [{ $ref: "#/servers/http" }],
        messages: channelMessages([...commands, ...replies]),
      },
    },
    operations: {
      ...Object.fromEntries(transports.map((transport) => [`events-by-${transport.name}`, eventsBy(transport)])),
      ...Object.fromEntries(duplex.map(({ name }) => [`commands-by-${name}`, commandsBy(name)])),
      "commands-by-post": {
        ...commandsBy("commands"),
        bindings: { http: { method: "POST", bindingVersion: "0.3.0" } },
      },
    },
    components: {
      messages: componentMessages(),
      schemas: componentSchemas(),
    },
  };
}

function down(transport: TransportInfo): readonly string[] {
  return answersWithArrays(transport.name) ? ["events"] : Object.keys(EVENTS);
}

function channelOf(transport: TransportInfo): Json {
  const up = transport.duplex ? [...commands, ...replies] : [];
  return {
    address: `/transports/${transport.name}`,
    title: transport.title,
    servers: [{ $ref: transport.duplex ? "#/servers/ws" : "#/servers/http" }],
    messages: channelMessages([...down(transport), ...up]),
    ...(transport.duplex ? { bindings: { ws: { method: "GET", query: attachQuery, bindingVersion: "0.1.0" } } } : {}),
  };
}

function eventsBy(transport: TransportInfo): Json {
  return {
    action: "send",
    channel: { $ref: `#/channels/${transport.name}` },
    summary: "The server sends a reader the room's events.",
    messages: operationMessages(transport.name, down(transport)),
    ...(transport.duplex ? {} : { bindings: { http: { method: "GET", query: attachQuery, bindingVersion: "0.3.0" } } }),
  };
}

function commandsBy(channel: string): { readonly [key: string]: Json } {
  return {
    action: "receive",
    channel: { $ref: `#/channels/${channel}` },
    summary: "A member sends a command. The reply has the command's id.",
    messages: operationMessages(channel, commands),
    reply: { channel: { $ref: `#/channels/${channel}` }, messages: operationMessages(channel, replies) },
  };
}

/** Returns the messages for `components`. */
function componentMessages(): Record<string, Json> {
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

/** Returns the messages of a channel. */
function channelMessages(keys: readonly string[]): Record<string, Json> {
  return Object.fromEntries(keys.map((key) => [key, { $ref: `#/components/messages/${key}` }]));
}

/** Returns the messages of an operation on a channel. */
function operationMessages(channel: string, keys: readonly string[]): Json {
  return keys.map((key) => ({ $ref: `#/channels/${channel}/messages/${key}` }));
}
