import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { parseCursor } from "../../src/protocol/cursor.ts";
import type { Epoch } from "../../src/protocol/ids.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";
import { frame as sseFrame } from "../../src/transports/sse/wire.ts";
import { frame as webSocketFrame } from "../../src/transports/websocket/wire.ts";
import { clientFrame, type Frame, firstFrame } from "./frames.ts";
import type { RawConnection } from "./raw.ts";
import type { Visitor } from "./visitor.ts";

/** What one transport costs in bytes on the wire, both ways together: HTTP heads and frame heads, not TCP and IP. */
export interface Cost {
  /** Around the JSON of one message that arrives alone. */
  readonly message: number;
  /** Around the JSON of one command and its reply. */
  readonly command: number;
  /** In all, in a minute in which nothing happens. */
  readonly idleMinute: number;
}

const MINUTE_MS = 60_000;
const SAY = '{"type":"say","id":"c1","text":"The quick brown fox jumps over the lazy dog."}';
const IDLE = [{ type: "idle", at: 1_767_225_600_000 }] as const;

/** The up-leg of every transport that is not duplex. */
async function postCost(speaker: Visitor): Promise<number> {
  const { bytes, body } = await speaker.ask("POST", "/api/commands", SAY);
  return bytes - Buffer.byteLength(SAY + body);
}

/** A poll per message, and one per interval where there is none. */
export async function pollCost(reader: Visitor, name: string, everyMs: number): Promise<Cost> {
  const command = await postCost(reader);
  const path = (seq: number, rest = ""): string =>
    `/transports/${name}?after=${epochOf(reader)}-${seq}&reader=1${rest}`;
  const full = await reader.ask("GET", path(1));
  const message = full.bytes - Buffer.byteLength(full.body.slice(1, -1));
  const rest = "&hold=0";
  const empty = await reader.ask("GET", path(2, rest));
  return { message, command, idleMinute: ((empty.bytes - rest.length) * MINUTE_MS) / everyMs };
}

/** A stream of SSE, with commands and `alive` by POST. */
export async function sseCost(reader: Visitor): Promise<Cost> {
  const stream = await reader.connect();
  stream.write(reader.request("GET", `/transports/sse?after=${reader.cursor}&reader=1`));
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

/** Everything on one WebSocket; a ping and its pong are 2 and 6 bytes. */
export async function webSocketCost(reader: Visitor): Promise<Cost> {
  const socket = await reader.connect();
  const headers = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  socket.write(reader.request("GET", `/transports/websocket?after=${reader.cursor}&reader=1`, { headers }));
  const blank = "\r\n\r\n";
  await socket.until((bytes) => bytes.includes(blank));
  socket.take(socket.received.indexOf(blank) + blank.length);
  await frameOf(socket, '"live"');
  const up = clientFrame(SAY);
  socket.write(up);
  const frames = [await nextFrame(socket), await nextFrame(socket)];
  const reply = frames.find(({ payload }) => payload.includes('"ok"'));
  const event = frames.find(({ payload }) => payload.includes('"message"'));
  if (reply === undefined || event === undefined) throw new Error("a command over WebSocket got no reply or no event");
  const idleMinute =
    (webSocketFrame(IDLE).length * MINUTE_MS) / DEFAULT_SETTINGS.heartbeatMs +
    (8 * MINUTE_MS) / DEFAULT_SETTINGS.probeMs;
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
  if (position === null) throw new Error(`the server gave a cursor that is none: ${cursor}`);
  return position.epoch;
}
