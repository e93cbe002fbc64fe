/** The table of the README: what each transport costs in bytes, counted on real sockets. */

import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { parseCursor } from "../../src/protocol/cursor.ts";
import type { Epoch } from "../../src/protocol/ids.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { frame as sseFrame } from "../../src/transports/sse/wire.ts";
import { frame as webSocketFrame } from "../../src/transports/websocket/wire.ts";
import { RawConnection } from "../../test/support/raw-http.ts";
import { table } from "./tables.ts";
import { type Answer, clientFrame, type Frame, firstFrame, readAnswer } from "./wire.ts";

const MEASURED: readonly (readonly [title: string, measure: (reader: Visitor) => Promise<Cost>])[] = [
  [
    "[HTTP polling](src/transports/short-polling/README.md)",
    (reader) => pollCost(reader, "short-polling", TIMINGS.shortPollEveryMs),
  ],
  // A client shortens the hold randomly by up to a tenth, which is a twentieth on average.
  [
    "[Long polling](src/transports/long-polling/README.md)",
    (reader) => pollCost(reader, "long-polling", TIMINGS.longPollHoldMs * 0.95),
  ],
  ["[Server-Sent Events](src/transports/sse/README.md)", sseCost],
  ["[WebSocket](src/transports/websocket/README.md)", webSocketCost],
];

/** Resolves to the cost of every transport as a Markdown table, counted on real sockets to a new server for each. */
export async function overheadTable(): Promise<string> {
  const rows: string[][] = [];
  for (const [title, measure] of MEASURED) {
    const cost = await costOn(measure);
    rows.push([
      title,
      ...[cost.message, cost.command, cost.idleMinute].map((bytes) => Math.round(bytes).toLocaleString("en")),
    ]);
  }
  return table([
    ["bytes on the wire", "around a message down", "around a command up and its reply", "in an idle minute"],
    ...rows,
  ]);
}

async function costOn(measure: (reader: Visitor) => Promise<Cost>): Promise<Cost> {
  const server = await startServer();
  try {
    const reader = await Visitor.join(server, "Ada");
    try {
      return await measure(reader);
    } finally {
      reader.close();
    }
  } finally {
    await server.close();
  }
}

/** The bytes of one transport on the wire, in both directions: HTTP heads and frame heads, without TCP and IP. */
interface Cost {
  /** Around the JSON of one message in a separate write. */
  readonly message: number;
  /** Around the JSON of one command and its reply. */
  readonly command: number;
  /** In total, in a minute without messages. */
  readonly idleMinute: number;
}

const MINUTE_MS = 60_000;
const SAY = '{"type":"say","id":"c1","text":"The quick brown fox jumps over the lazy dog."}';
const IDLE = [{ type: "idle", at: 1_767_225_600_000 }] as const;

/** Measures a command by POST, the up-leg of every transport that is not duplex. */
async function postCost(speaker: Visitor): Promise<number> {
  const { bytes, body } = await speaker.ask("POST", "/api/commands", SAY);
  return bytes - Buffer.byteLength(SAY + body);
}

/** Measures a poll per message, and one per interval without messages. */
async function pollCost(reader: Visitor, name: string, everyMs: number): Promise<Cost> {
  const command = await postCost(reader);
  const path = (seq: number, rest = ""): string =>
    `/transports/${name}?after=${epochOf(reader)}-${seq}&reader=1${rest}`;
  const full = await reader.ask("GET", path(1));
  const message = full.bytes - Buffer.byteLength(full.body.slice(1, -1));
  const rest = "&hold=0";
  const empty = await reader.ask("GET", path(2, rest));
  return { message, command, idleMinute: ((empty.bytes - rest.length) * MINUTE_MS) / everyMs };
}

/** Measures an SSE stream, with commands and `alive` by POST. */
async function sseCost(reader: Visitor): Promise<Cost> {
  const stream = await reader.connect();
  stream.socket.write(reader.request("GET", `/transports/sse?after=${reader.cursor}&reader=1`));
  await stream.until((bytes) => /"live".*\n\n$/.test(bytes.toString()));
  stream.take(stream.received.length);
  const command = await postCost(reader);
  const received = await stream.until((bytes) => bytes.toString().endsWith("\n\n"));
  const json = /^data: (.*)$/m.exec(received.toString())?.[1] ?? "";
  const alive = await reader.ask("POST", "/api/commands", '{"type":"alive"}');
  const idleMinute =
    (sseFrame(IDLE, epochOf(reader)).length * MINUTE_MS) / DEFAULT_SETTINGS.heartbeatMs +
    (alive.bytes * MINUTE_MS) / TIMINGS.aliveEveryMs;
  return { message: received.length - Buffer.byteLength(json), command, idleMinute };
}

/** Measures a WebSocket, which carries everything. A ping and its pong are 2 and 6 bytes. */
async function webSocketCost(reader: Visitor): Promise<Cost> {
  const socket = await reader.connect();
  const headers = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  socket.socket.write(reader.request("GET", `/transports/websocket?after=${reader.cursor}&reader=1`, { headers }));
  const blank = "\r\n\r\n";
  await socket.until((bytes) => bytes.includes(blank));
  socket.take(socket.received.indexOf(blank) + blank.length);
  await frameOf(socket, '"live"');
  const up = clientFrame(SAY);
  socket.socket.write(up);
  const frames = [await nextFrame(socket), await nextFrame(socket)];
  const reply = frames.find(({ payload }) => payload.includes('"ok"'));
  const event = frames.find(({ payload }) => payload.includes('"message"'));
  if (reply === undefined || event === undefined) throw new Error("a command over WebSocket got no reply or no event");
  const idleMinute =
    (webSocketFrame(IDLE).length * MINUTE_MS) / DEFAULT_SETTINGS.heartbeatMs +
    (8 * MINUTE_MS) / DEFAULT_SETTINGS.pingMs;
  return { message: event.head.length, command: up.length - SAY.length + reply.head.length, idleMinute };
}

async function frameOf(socket: RawConnection, mark: string): Promise<void> {
  while (!(await nextFrame(socket)).payload.includes(mark));
}

async function nextFrame(socket: RawConnection): Promise<Frame> {
  await socket.until((bytes) => firstFrame(bytes) !== null);
  const frame = firstFrame(socket.received);
  if (frame === null) throw new Error("the WebSocket ended within a frame");
  socket.take(frame.head.length + Buffer.byteLength(frame.payload));
  return frame;
}

function epochOf({ cursor }: Visitor): Epoch {
  const position = parseCursor(cursor);
  if (position === null) throw new Error(`the server gave an invalid cursor: ${cursor}`);
  return position.epoch;
}

/** A request's response. */
interface Exchange extends Answer {
  /** Bytes of request and response, heads included. */
  readonly bytes: number;
}

/** A member that uses minimal HTTP/1.1 on raw sockets, so that its bytes can be counted. */
class Visitor {
  readonly cursor: string;
  readonly #session: string;
  readonly #url: URL;
  readonly #connections: RawConnection[] = [];

  private constructor(url: URL, session: string, cursor: string) {
    this.#url = url;
    this.#session = session;
    this.cursor = cursor;
  }

  static async join({ url }: RunningServer, name: string): Promise<Visitor> {
    const response = await fetch(new URL("/api/sessions", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ room: "lobby", name }),
    });
    const text = await response.text();
    const session = /"session":"([^"]+)"/.exec(text)?.[1];
    const cursor = /"cursor":"([^"]+)"/.exec(text)?.[1];
    if (session === undefined || cursor === undefined) {
      throw new Error(`no session was opened: ${response.status} ${text}`);
    }
    return new Visitor(url, session, cursor);
  }

  /** Sends one request on a connection of its own. Resolves to the complete response. */
  async ask(method: string, path: string, body = ""): Promise<Exchange> {
    const connection = await this.connect();
    const request = this.request(method, path, { body });
    connection.socket.write(request);
    const answer = await readAnswer(connection, () => true);
    return { ...answer, bytes: Buffer.byteLength(request + answer.head + answer.body) };
  }

  async connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(this.#url);
    this.#connections.push(connection);
    return connection;
  }

  /** Returns a request with the required headers and the given ones. */
  request(
    method: string,
    path: string,
    { body = "", headers = [] }: { body?: string; headers?: readonly string[] } = {},
  ): string {
    const content = body === "" ? [] : ["Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`];
    const head = [
      `${method} ${path} HTTP/1.1`,
      "Host: 127.0.0.1:3000",
      `Authorization: Bearer ${this.#session}`,
      ...content,
      ...headers,
    ];
    return `${head.join("\r\n")}\r\n\r\n${body}`;
  }

  close(): void {
    for (const connection of this.#connections) connection[Symbol.dispose]();
  }
}
