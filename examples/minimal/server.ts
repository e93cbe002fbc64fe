/**
 * A chat room over four transports, stored in one array: the idea of Skyrocket, without what a real network needs.
 *
 * Start it with `npx node examples/minimal/server.ts`, then open http://127.0.0.1:3001 in two windows.
 * Read it top to bottom. The list at the end says what is missing and which file of the real server has it.
 */
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import fastifyWebsocket from "@fastify/websocket";
import Fastify, { type FastifyInstance } from "fastify";

// ---------------------------------------------------------------------------------------------------------------------
// The room: a log. A message's id is its index in the array plus one, so "everything after 7" is one slice.

interface Message {
  readonly id: number;
  readonly name: string;
  readonly text: string;
}

interface Draft {
  readonly name: string;
  readonly text: string;
}

class Room {
  readonly #log: Message[] = [];
  readonly #listeners = new Set<(message: Message) => void>();

  /** Appends a message and passes it to every listener. */
  say({ name, text }: Draft): Message {
    const message = { id: this.#log.length + 1, name, text };
    this.#log.push(message);
    for (const listener of [...this.#listeners]) listener(message);
    return message;
  }

  /** Returns the messages after this id; 0 returns all of them. */
  after(id: number): readonly Message[] {
    return this.#log.slice(id);
  }

  /** Calls `listener` with each new message until the returned function is called. */
  listen(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The server. Each transport answers one question in its own way: "what came after this id?"

/** After this time, in ms, a long poll is answered even with nothing. Otherwise a proxy would cut it at some point. */
const HOLD_MS = 25_000;

const afterSchema = {
  querystring: { type: "object", properties: { after: { type: "integer", minimum: 0, default: 0 } } },
} as const;
const draftSchema = {
  type: "object",
  required: ["name", "text"],
  additionalProperties: false,
  properties: {
    name: { type: "string", minLength: 1, maxLength: 32 },
    text: { type: "string", minLength: 1, maxLength: 1_000 },
  },
} as const;

type After = { Querystring: { after: number } };

/** Builds the server with an empty room. It listens on nothing yet. */
export function createServer(): FastifyInstance {
  const room = new Room();
  const app = Fastify({ bodyLimit: 16_384, forceCloseConnections: true });
  app.register(fastifyStatic, { root: join(import.meta.dirname, "page") });
  app.register(fastifyWebsocket, { options: { maxPayload: 16_384 } });

  // Speaking: one POST for the three transports that only carry messages down.
  app.post<{ Body: Draft }>("/say", { schema: { body: draftSchema } }, (request) => room.say(request.body));

  // 1. Polling: the answer has what is new by now, often nothing. The client asks again every two seconds.
  app.get<After>("/polling", { schema: afterSchema }, (request) => room.after(request.query.after));

  // 2. Long polling: the same question, but if nothing is new, the answer waits for the next message.
  app.get<After>("/long-polling", { schema: afterSchema }, (request, reply) => {
    const missed = room.after(request.query.after);
    return missed.length > 0 ? missed : nextMessage(room, reply.raw);
  });

  // 3. Server-Sent Events: one answer that never ends. `id:` is what EventSource sends back as Last-Event-ID when it
  //    reconnects by itself, so it resumes without a line of code in the client.
  app.get<After>("/sse", { schema: afterSchema }, (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    raw.flushHeaders();
    const write = (message: Message) => raw.write(`id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`);
    const last = Number(request.headers["last-event-id"] ?? request.query.after);
    // Nothing is awaited between reading the log and listening: no message can fall in between, or come twice.
    for (const message of room.after(last)) write(message);
    raw.on("close", room.listen(write));
  });

  // 4. WebSocket: the HTTP request is answered with 101 Switching Protocols. From then on both sides send when they like.
  app.register(async (scope) => {
    scope.get<After>("/websocket", { websocket: true, schema: afterSchema }, (socket, request) => {
      const send = (message: Message) => socket.send(JSON.stringify(message));
      for (const message of room.after(request.query.after)) send(message);
      socket.on("close", room.listen(send));
      socket.on("message", (data) => {
        const said = parseDraft(data.toString());
        if (said === null) socket.close(1008, "send {name, text} as JSON");
        else room.say(said);
      });
    });
  });
  return app;
}

/** Resolves to a list with the next message; to an empty list after the hold or when the client has gone. */
function nextMessage(room: Room, response: ServerResponse): Promise<readonly Message[]> {
  return new Promise((resolve) => {
    const finish = (messages: readonly Message[]): void => {
      clearTimeout(timer);
      stop();
      resolve(messages);
    };
    const timer = setTimeout(() => finish([]), HOLD_MS);
    const stop = room.listen((message) => finish([message]));
    response.on("close", () => finish([]));
  });
}

/** Returns what a WebSocket client sent, or null if that is not a draft. No schema checks WebSocket messages. */
function parseDraft(text: string): Draft | null {
  try {
    const { name, text: said } = JSON.parse(text);
    return isText(name, 32) && isText(said, 1_000) ? { name, text: said } : null;
  } catch {
    return null;
  }
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length >= 1 && value.length <= most;
}

if (import.meta.main) {
  const address = await createServer().listen({ port: Number(process.env["PORT"] ?? 3_001) });
  process.stdout.write(`Open ${address} in two windows.\n`);
}

// ---------------------------------------------------------------------------------------------------------------------
// What this lacks, and the file that has it.
//
// - A message whose answer was lost is sent again and stored twice. Commands have ids:    src/log/dedupe.ts
// - After a restart ids begin at 1, and a client that asks "after 7" waits in silence.
//   A cursor names the log it belongs to:                                                 src/protocol/cursor.ts
//   A read that begins before the oldest stored event returns a gap:                      src/log/memory.ts
//   The reader sends the gap to its client:                                               src/chat/reader.ts
// - The array grows until memory is full. Only a window of events is kept:                src/log/window.ts
// - Nothing survives a restart. Messages are stored before they are acknowledged:         src/log/sqlite/log.ts
// - A reader that does not read makes the server buffer without limit:                    src/chat/reader.ts
// - Each message is encoded and written once per reader, not once per transport:          src/chat/fan-out.ts
// - A peer whose network went silent is never noticed. Heartbeats and pings:              src/chat/reader.ts
// - Anyone can speak under any name. Sessions are signed, rooms can have a key:           src/chat/sessions.ts
// - Nobody sees who is in the room. A log tracks presence:                                src/chat/presence.ts
// - Any website can post into the room. Origins are checked:                              src/server/access.ts
// - One client can flood it. Commands and addresses have rates:                           src/server/rate-limits.ts
// - The clients do not retry, back off, or switch transport without losing a message:     src/client/connection.ts
// - Ctrl+C cuts everyone off. Readers are asked to come back later, in batches:           src/chat/connections.ts
