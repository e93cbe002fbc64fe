import type { TransportInfo } from "../../src/protocol/http.ts";
import { COMMANDS, channelMessages, componentMessages, EVENTS, operationMessages, REPLIES } from "./messages.ts";
import { componentSchemas, type Json, ref } from "./schemas.ts";
import { answersWithArrays } from "./transports.ts";

const commands = Object.keys(COMMANDS);
const replies = Object.keys(REPLIES);
/** Written out wherever it stands: the AsyncAPI schema takes no reference for the query of a binding. */
const attachQuery = {
  type: "object",
  properties: { session: ref("SessionToken"), after: ref("Cursor"), reader: { type: "integer", minimum: 1 } },
};

/** What goes over each transport as an AsyncAPI 3.0 document. The routes themselves are in the OpenAPI document. */
export function asyncapi(version: string, transports: readonly TransportInfo[]): Json {
  const duplex = transports.filter((transport) => transport.duplex);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Skyrocket",
      version,
      description:
        "One chat room behind every real-time transport of the web. Made from the schemas in src/protocol by `npm run docs`; PROTOCOL.md explains what is said here.",
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
          "The way up of every transport that is not duplex: one command in a POST, its reply in the answer.",
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
    summary: "The server tells a reader what happens in the room.",
    messages: operationMessages(transport.name, down(transport)),
    ...(transport.duplex ? {} : { bindings: { http: { method: "GET", query: attachQuery, bindingVersion: "0.3.0" } } }),
  };
}

function commandsBy(channel: string): { readonly [key: string]: Json } {
  return {
    action: "receive",
    channel: { $ref: `#/channels/${channel}` },
    summary: "A member does something; the reply bears the command's id.",
    messages: operationMessages(channel, commands),
    reply: { channel: { $ref: `#/channels/${channel}` }, messages: operationMessages(channel, replies) },
  };
}
