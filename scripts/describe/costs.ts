/** The table of the README: what each transport costs in bytes, counted on real sockets. */

import type { Wire } from "../../src/chat/ports.ts";
import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { parseCursor } from "../../src/protocol/cursor.ts";
import type { Epoch } from "../../src/protocol/ids.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import type { Mountable } from "../../src/transports/contract.server.ts";
import { serverTransports } from "../../src/transports/registry.server.ts";
import { RawConnection } from "../../test/support/raw-http.ts";
import { table } from "./tables.ts";
import { type Answer, clientFrame, type Frame, firstFrame, readAnswer } from "./wire.ts";

/** A registered transport, with the `frame` that the type of the registry's list leaves out. */
type Transport = Mountable & Wire<{ readonly length: number }>;

/** Resolves to the cost of every transport as a Markdown table, counted on real sockets to a new server for each. */
export async function overheadTable(transports: readonly Mountable[] = serverTransports): Promise<string> {
  const rows: string[][] = [];
  for (const transport of transports.toReversed()) {
    const cost = await costOn(transport as Transport, transports);
    rows.push([
      `[${transport.title}](src/transports/${transport.name}/README.md)`,
      ...[cost.message, cost.command, cost.idleMinute].map((bytes) => Math.round(bytes).toLocaleString("en")),
    ]);
  }
  return table([
    ["bytes on the wire", "overhead per message down", "overhead per command up, with its reply", "in an idle minute"],
    ...rows,
  ]);
}

/** Measures a transport by its shape: a WebSocket, another stream, or polls. */
function measure(reader: Visitor, transport: Transport): Promise<Cost> {
  if (transport.duplex) return webSocketCost(reader, transport);
  return transport.streaming ? streamCost(reader, transport) : pollCost(reader, transport);
}

async function costOn(transport: Transport, transports: readonly Mountable[]): Promise<Cost> {
  const server = await startServer({ transports });
  try {
    const reader = await Visitor.join(server, "Ada");
    try {
      return await measure(reader, transport);
    } finally {
      reader.close();
    }
  } finally {
    await server.close();
  }
}

/** The bytes of one transport on the wire, in both directions: HTTP heads and frame heads, without TCP and IP. */
interface Cost {
  /** Overhead of one message in a separate write: all bytes but its JSON. */
  readonly message: number;
  /** Overhead of one command and its reply: all bytes but their JSON. */
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

/**
 * Measures a poll per message, and one per interval without messages. A client shortens a hold randomly by up to a tenth,
 * which is a twentieth on average.
 */
async function pollCost(reader: Visitor, { name }: Transport): Promise<Cost> {
  const everyMs = name === "short-polling" ? TIMINGS.shortPollEveryMs : TIMINGS.longPollHoldMs * 0.95;
  const command = await postCost(reader);
  const path = (seq: number, rest = ""): string =>
    `/transports/${name}?after=${epochOf(reader)}-${seq}&reader=1${rest}`;
  const full = await reader.ask("GET", path(1));
  const message = full.bytes - Buffer.byteLength(full.body.slice(1, -1));
  const rest = "&hold=0";
  const empty = await reader.ask("GET", path(2, rest));
  return { message, command, idleMinute: ((empty.bytes - rest.length) * MINUTE_MS) / everyMs };
}

/** Measures a stream, with commands and `alive` by POST. */
async function streamCost(reader: Visitor, { name, frame }: Transport): Promise<Cost> {
  const stream = await reader.connect();
  stream.socket.write(reader.request("GET", `/transports/${name}?after=${reader.cursor}&reader=1`));
  await stream.until((bytes) => /"live".*\s+$/.test(bytes.toString()));
  stream.take(stream.received.length);
  const command = await postCost(reader);
  const received = await stream.until((bytes) => bytes.toString().endsWith("\n"));
  const json = /\{.*\}/.exec(received.toString())?.[0] ?? "";
  const alive = await reader.ask("POST", "/api/commands", '{"type":"alive"}');
  const idleMinute =
    (frame(IDLE, epochOf(reader)).length * MINUTE_MS) / DEFAULT_SETTINGS.heartbeatMs +
    (alive.bytes * MINUTE_MS) / TIMINGS.aliveEveryMs;
  return { message: received.length - Buffer.byteLength(json), command, idleMinute };
}

/** Measures a WebSocket, which carries everything. A ping and its pong are 2 and 6 bytes. */
async function webSocketCost(reader: Visitor, { name, frame }: Transport): Promise<Cost> {
  const socket = await reader.connect();
  const headers = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  socket.socket.write(reader.request("GET", `/transports/${name}?after=${reader.cursor}&reader=1`, { headers }));
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
    (frame(IDLE, epochOf(reader)).length * MINUTE_MS) / DEFAULT_SETTINGS.heartbeatMs +
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
