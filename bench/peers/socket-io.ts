import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import {
  joinAs,
  type Publisher,
  type PublisherOptions,
  type Reader,
  type ReaderOptions,
} from "../generator/dialect.ts";
import { textFrame, walkControlFrames } from "../generator/frames.ts";
import { AnswerReader, getRequest, upgradeHeaders } from "../generator/http.ts";
import { openStream, type RawSocket } from "../generator/socket.ts";
import { StampScanner, say } from "../generator/stamp.ts";
import { nodesMissing, onOneRedis } from "../skyrocket/nodes.ts";
import { packageNote, peerVersion } from "./installed.ts";
import { Poster, Sockets } from "./sockets.ts";

const SERVER = fileURLToPath(new URL("./socket-io-server.ts", import.meta.url));
const STREAMS_ADAPTER = "@socket.io/redis-streams-adapter";
const PUBSUB_ADAPTER = "@socket.io/redis-adapter";
/** Socket.IO's defaults, https://socket.io/docs/v4/server-options/ */
const [PING_MS, PONG_MS] = ["25000", "20000"];
const ADD_ON = peerVersion("bufferutil") === null ? "without the add-on bufferutil" : "with the add-on bufferutil";
const SETTING =
  `io.to(room).emit; perMessageDeflate and httpCompression off; the server releases each connection's first request object, as Socket.IO's guide advises, to save memory; ${ADD_ON}; ` +
  "connectionStateRecovery off, as by default: no history";

const join = joinAs({ session: "", cursor: "" });

const shared = {
  ...packageNote("socket.io"),
  system: "socket-io",
  kind: "peer",
  resumes: false,
} as const;

export const SOCKET_IO_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "socket-io-websocket",
    title: "Socket.IO, WebSocket",
    leg: "websocket",
    setting: `transports: ["websocket"]; ${SETTING}. Published as an event on the publisher's own WebSocket.`,
    server: () => [SERVER, "websocket"],
    dialect: { join, openReader: openWebSocketReader, openPublisher: openWebSocketPublisher },
  },
  {
    ...shared,
    name: "socket-io-polling",
    title: "Socket.IO, long polling",
    leg: "long-polling",
    setting: `transports: ["polling"]; ${SETTING}. Published as an event by a POST of the publisher's own polling connection.`,
    server: () => [SERVER, "polling"],
    dialect: { join, openReader: openPollingReader, openPublisher: openPollingPublisher },
  },
];

/** Two servers with an adapter for Redis, for the scenario `deaths`. Over polling they would need sticky sessions. */
export const SOCKET_IO_ON_REDIS: readonly Row[] = SOCKET_IO_ROWS.filter(({ leg }) => leg === "websocket").flatMap(
  (row) => [
    onRedis(row, "streams", "Redis streams adapter", "with connectionStateRecovery as by default (2 minutes)"),
    onRedis(row, "sharded", "sharded Redis adapter", "which does not support connectionStateRecovery"),
  ],
);

function onRedis(row: Row, adapter: string, title: string, setting: string): Row {
  const { version, missing } = packageNote(adapter === "streams" ? STREAMS_ADAPTER : PUBSUB_ADAPTER);
  return {
    ...row,
    name: `socket-io-${adapter}`,
    title: `Socket.IO, ${title}`,
    system: `socket-io-${adapter}`,
    setting: `Two servers with ${version}, ${setting}, and ioredis; transports: ["websocket"]. Readers and writers are socket.io-client with the default reconnection; a message is acknowledged by its server's handler after io.to(room).emit.`,
    version: version === null || row.version === null ? null : `${row.version}, ${version}`,
    missing: row.missing ?? missing ?? packageNote("socket.io-client").missing ?? nodesMissing(),
    server: () => onOneRedis(2, "all", [SERVER, "websocket", PING_MS, PONG_MS, adapter, "{redis}"]),
    client: "socket-io",
    only: ["deaths"],
  };
}

const WEBSOCKET_PATH = "/socket.io/?EIO=4&transport=websocket";

/** Socket.IO over WebSocket alone. */
function openWebSocketReader({ url, credentials, events }: ReaderOptions): Reader {
  const scanner = new StampScanner(events.arrived);
  const socket = openPackets(url, events, (bytes) => scanner.scan(bytes));
  return Object.assign(socket, { position: () => credentials, publish: publishOn(socket) });
}

function openWebSocketPublisher({ url, events }: PublisherOptions): Publisher {
  const socket = openPackets(url, events, () => {});
  return Object.assign(socket, { publish: publishOn(socket) });
}

function openPackets(url: URL, { opened, failed }: Omit<Client, "send">, look: (bytes: Buffer) => void): RawSocket {
  const client: Client = { opened, failed, send: (packet) => socket.write(textFrame(packet)) };
  const walker = walkPackets((kind) => answerPacket(kind, client));
  const take = (bytes: Buffer): void => {
    walker.walk(bytes);
    look(bytes);
  };
  const request = getRequest(url, WEBSOCKET_PATH, upgradeHeaders());
  // The upgrade does not attach the client yet; joining the namespace does.
  const socket = openStream({ url, request, status: 101, opened: () => {}, failed, take });
  return socket;
}

function publishOn(socket: RawSocket): Publisher["publish"] {
  return (number, textBytes) => socket.write(textFrame(sayPacket(number, textBytes)));
}

/**
 * Returns a walker over a server's WebSocket frames, which calls back with the kind of each frame's packet. A chunk may end
 * anywhere in a frame.
 */
export function walkPackets(packet: (kind: PacketKind) => void) {
  return walkControlFrames({
    // Socket.IO's servers don't send pings of the WebSocket itself.
    send: () => {},
    closed: () => packet("closed"),
    text: (first, second) => packet(kindOf(first, second)),
  });
}

const POLLING_PATH = "/socket.io/?EIO=4&transport=polling";

/** Socket.IO over long polling alone: one connection for the poll that is always pending, others for posts. */
function openPollingReader({ url, credentials, events }: ReaderOptions): Reader {
  const scanner = new StampScanner(events.arrived);
  const sockets = new Sockets();
  // A reader posts when it connects and every 25 s. The server closes a connection kept open for that long.
  new PollingClient({ ...events, url, sockets, keepAlive: false, take: (body) => scanner.scan(body) });
  return Object.assign(sockets, { position: () => credentials });
}

function openPollingPublisher({ url, events }: PublisherOptions): Publisher {
  const sockets = new Sockets();
  const client = new PollingClient({ ...events, url, sockets, keepAlive: true, take: () => {} });
  const publish = (number: number, textBytes: number): void => client.send(sayPacket(number, textBytes));
  return Object.assign(sockets, { publish });
}

interface PollingOptions {
  readonly url: URL;
  readonly sockets: Sockets;
  readonly keepAlive: boolean;
  /** Receives the payload of each poll. */
  readonly take: (payload: Buffer) => void;
  readonly opened: () => void;
  readonly failed: (reason: string) => void;
}

class PollingClient implements Client {
  readonly opened: () => void;
  readonly failed: (reason: string) => void;
  readonly #options: PollingOptions;
  readonly #poster: Poster;
  readonly #polls: RawSocket;
  #path: string | null = null;
  #unsent: string[] = [];
  #posting = false;

  constructor(options: PollingOptions) {
    const { url, sockets, opened, failed, keepAlive } = options;
    this.#options = options;
    this.opened = opened;
    this.failed = failed;
    const answered = (): void => this.#posted();
    this.#poster = new Poster({ sockets, url, keepAlive, contentType: "text/plain", status: 200, answered, failed });
    const answers = new AnswerReader();
    this.#polls = sockets.open(url, {
      connected: () => this.#poll(POLLING_PATH),
      chunk: (bytes) => {
        for (const { status, body } of answers.read(bytes)) {
          if (status !== 200) return failed(`a poll was answered ${status} instead of 200`);
          this.#read(body);
        }
      },
      closed: failed,
    });
  }

  /** Sends a packet. Engine.IO allows one post at a time: packets added during it go together in the next one. */
  send(packet: string): void {
    this.#unsent.push(packet);
    if (!this.#posting) this.#flush();
  }

  #read(payload: Buffer): void {
    this.#path ??= `${POLLING_PATH}&sid=${sessionIn(payload)}`;
    this.#poll(this.#path);
    eachPacket(payload, (kind) => answerPacket(kind, this));
    this.#options.take(payload);
  }

  #poll(path: string): void {
    this.#polls.write(getRequest(this.#options.url, path));
  }

  #flush(): void {
    if (this.#path === null) return;
    this.#posting = true;
    const packets = this.#unsent;
    this.#unsent = [];
    this.#poster.post(this.#path, joinPackets(packets));
  }

  #posted(): void {
    this.#posting = false;
    if (this.#unsent.length > 0) this.#flush();
  }
}

/** Packet that joins the default namespace. */
const CONNECT = "40";
/** Answer to Engine.IO's ping. Without it the server closes the connection. */
const PONG = "3";

interface Client {
  send(packet: string): void;
  opened(): void;
  failed(reason: string): void;
}

/** Does what a client must do about a packet, over either transport. */
function answerPacket(kind: PacketKind, client: Client): void {
  switch (kind) {
    case "open":
      client.send(CONNECT);
      break;
    case "ping":
      client.send(PONG);
      break;
    case "connected":
      client.opened();
      break;
    case "refused":
      client.failed("Socket.IO refused the namespace");
      break;
    case "closed":
      client.failed("Socket.IO closed the connection");
      break;
    case "other":
      break;
  }
}

/** Returns an event named "say" with the command as its argument. */
function sayPacket(number: number, textBytes: number): string {
  return `42["say",${say(number, textBytes)}]`;
}

/** What a client must react to in a packet of Engine.IO 4, or in the Socket.IO 5 packet inside it; `other`: nothing. */
export type PacketKind = "open" | "ping" | "connected" | "refused" | "closed" | "other";

const SEPARATOR = 0x1e;

/** Packets of both protocols start with a digit: `first` is Engine.IO's, `second`, in a message, is Socket.IO's. */
function kindOf(first: number | undefined, second: number | undefined): PacketKind {
  if (first === code("0")) return "open";
  if (first === code("1")) return "closed";
  if (first === code("2")) return "ping";
  if (first !== code("4")) return "other";
  if (second === code("0")) return "connected";
  if (second === code("1")) return "closed";
  if (second === code("4")) return "refused";
  return "other";
}

/** Calls back with the kind of each packet in a poll's payload. JSON can't contain the separator. */
export function eachPacket(payload: Buffer, packet: (kind: PacketKind) => void): void {
  for (let at = 0; at >= 0 && at < payload.length; ) {
    packet(kindOf(payload[at], payload[at + 1]));
    const end = payload.indexOf(SEPARATOR, at);
    at = end < 0 ? -1 : end + 1;
  }
}

export function joinPackets(packets: readonly string[]): string {
  return packets.join(String.fromCharCode(SEPARATOR));
}

/** Returns the session id of an open packet, `0{"sid":"…",…}`. Throws a TypeError if there is none. */
export function sessionIn(payload: Buffer): string {
  const text = payload.toString("latin1");
  const sid = /^0\{"sid":"([^"]+)"/.exec(text)?.[1];
  if (sid === undefined) throw new TypeError(`an open packet of Engine.IO has a sid, ${text} has none`);
  return sid;
}

function code(digit: string): number {
  return digit.charCodeAt(0);
}
