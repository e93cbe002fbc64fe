import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import { messageEvent } from "../floors/serve.ts";
import type { Credentials, Publisher, PublisherOptions, Reader, ReaderOptions } from "../generator/dialect.ts";
import { textFrame } from "../generator/frames.ts";
import { AnswerReader, getRequest, postRequest, upgradeHeaders } from "../generator/http.ts";
import { openSocket, openStream, openWebSocketStream } from "../generator/socket.ts";
import { StampScanner, stampedText } from "../generator/stamp.ts";
import { nodesMissing, onOneRedis } from "../skyrocket/nodes.ts";
import { nchanMissing, nchanVersion } from "./installed.ts";

const SERVER = new URL("./nchan-server.ts", import.meta.url);
const missing = nchanMissing();

const shared = {
  system: "nchan",
  kind: "peer",
  version: missing === null ? nchanVersion() : null,
  missing,
  server: () => [fileURLToPath(SERVER)],
  resumes: true,
} as const;

const PUBLISHING =
  "Published by HTTP POST on a keep-alive connection, with the event as its body: no application code runs in nginx; one worker, access log and compression off, a buffer of 10,000 messages, pings off (default).";

export const NCHAN_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "nchan-websocket",
    title: "nchan, WebSocket",
    leg: "websocket",
    setting: `nchan_pubsub: a member can publish on the WebSocket it reads from. In scenarios with reconnects, readers request the subprotocol ws+meta.nchan, which puts the id before each message. ${PUBLISHING}`,
    dialect: { join, openPublisher, openReader: openWebSocketReader },
  },
  {
    ...shared,
    name: "nchan-sse",
    title: "nchan, EventSource",
    leg: "sse",
    setting: `Resumed by Last-Event-ID. ${PUBLISHING}`,
    dialect: { join, openPublisher, openReader: openSseReader },
  },
  {
    ...shared,
    name: "nchan-long-polling",
    title: "nchan, long polling",
    leg: "long-polling",
    setting: `Resumed by If-Modified-Since and If-None-Match; one message per answer (default). ${PUBLISHING}`,
    dialect: { join, openPublisher, openReader: openLongPollingReader },
  },
];

/** Two servers whose channels are in one Redis, for the scenario `deaths`. */
export const NCHAN_ON_REDIS: readonly Row[] = NCHAN_ROWS.filter(({ leg }) => leg === "websocket").map((row) => ({
  ...row,
  name: "nchan-redis",
  title: "nchan, Redis",
  system: "nchan-redis",
  setting:
    "Two nginx with nchan_redis_server and nchan_redis_pass, all else by default. Readers do what NchanSubscriber.js does: WebSocket with the subprotocol ws+meta.nchan, resumed at the last id. A writer posts one message after another and has it acknowledged by 201 or 202.",
  missing: row.missing ?? nodesMissing(),
  server: () => onOneRedis(2, "all", [fileURLToPath(SERVER), "{redis}"]),
  client: "nchan",
  only: ["deaths"],
}));

const JSON_WANTED = { accept: "text/json" };

/** Finds where every member starts: the channel's last message, which is created if there is none. nchan has no sessions. */
async function join(url: URL, count: number): Promise<readonly Credentials[]> {
  const channel = new URL("/publish", url);
  const existing = await fetch(channel, { headers: JSON_WANTED });
  const response = existing.ok ? existing : await fetch(channel, { method: "POST", headers: JSON_WANTED, body: "{}" });
  const answer: unknown = await response.json();
  if (!response.ok || !isChannel(answer)) {
    throw new Error(`nchan at ${channel} answered ${response.status} to a first message: ${JSON.stringify(answer)}`);
  }
  return Array.from({ length: count }, () => credentialsAt(answer.last_message_id));
}

function isChannel(value: unknown): value is { readonly last_message_id: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    "last_message_id" in value &&
    typeof value.last_message_id === "string"
  );
}

const REFUSAL = /HTTP\/1\.1 [345].*/;

/** Posts on a keep-alive connection. nchan broadcasts the body unchanged, so the publisher makes the whole event. */
function openPublisher({ url, events }: PublisherOptions): Publisher {
  const socket = openSocket(url, {
    connected: events.opened,
    chunk: (bytes) => {
      // Answers to messages sent together may be cut anywhere, so only look for a refusal.
      const refusal = REFUSAL.exec(bytes.toString("latin1"))?.[0];
      if (refusal !== undefined) events.failed(`a message was answered "${refusal}"`);
    },
    closed: events.failed,
  });
  return Object.assign(socket, {
    publish: (number: number, textBytes: number) => {
      const event = messageEvent(stampedText(number, textBytes));
      socket.write(postRequest(url, "/publish", ["Content-Type: application/json"], event));
    },
  });
}

/** nchan's WebSocket. To track its position, a reader asks for the subprotocol that puts an id before each message. */
function openWebSocketReader(options: ReaderOptions): Reader {
  const { url, credentials, events, track } = options;
  const { scan, position } = follow(options);
  const subprotocol = track ? ["Sec-WebSocket-Protocol: ws+meta.nchan"] : [];
  const headers = [...upgradeHeaders(), `Last-Event-ID: ${credentials.cursor}`, ...subprotocol];
  const request = getRequest(url, "/websocket", headers);
  const socket = openWebSocketStream({ url, request, opened: events.opened, failed: events.failed, take: scan });
  return Object.assign(socket, {
    position,
    publish: (number: number, textBytes: number) =>
      socket.write(textFrame(messageEvent(stampedText(number, textBytes)))),
  });
}

/** nchan's EventSource: every event has its message's id, and Last-Event-ID is the position to resume from. */
function openSseReader(options: ReaderOptions): Reader {
  const { url, credentials, events } = options;
  const { scan, position } = follow(options);
  const request = getRequest(url, "/sse", ["Accept: text/event-stream", `Last-Event-ID: ${credentials.cursor}`]);
  const { opened, failed } = events;
  return Object.assign(openStream({ url, request, status: 200, opened, failed, take: scan }), { position });
}

/** Scans a stream, and keeps the reader's position if that was asked for. */
function follow({ credentials, events, track }: ReaderOptions) {
  let cursor = credentials.cursor;
  const scanner = track
    ? new MetaScanner((number, id) => {
        cursor = id;
        events.arrived(number);
      })
    : new StampScanner(events.arrived);
  return { scan: (bytes: Buffer): void => scanner.scan(bytes), position: () => credentialsAt(cursor) };
}

const MODIFIED = /\r\nLast-Modified: ([^\r]+)/i;
const ETAG = /\r\nEtag: ([^\r]+)/i;

/**
 * nchan's long poll on one keep-alive connection. A request repeats Last-Modified and Etag of the previous answer and
 * gets the message after that one, at once if it exists already.
 */
function openLongPollingReader({ url, credentials, events }: ReaderOptions): Reader {
  let { modified, etag } = conditionalHeaders(credentials.cursor);
  const before = getRequest(url, "/long-polling").slice(0, -"\r\n".length);
  const scanner = new StampScanner(events.arrived);
  const answers = new AnswerReader();
  const poll = (): void => socket.write(`${before}If-Modified-Since: ${modified}\r\nIf-None-Match: ${etag}\r\n\r\n`);
  const socket = openSocket(url, {
    connected: () => {
      poll();
      // The request names a position, so nothing is missed from here on.
      events.opened();
    },
    chunk: (bytes) => {
      for (const { status, head, body } of answers.read(bytes)) {
        if (status !== 200) return events.failed(`a poll was answered ${status} instead of 200`);
        modified = MODIFIED.exec(head)?.[1] ?? modified;
        etag = ETAG.exec(head)?.[1] ?? etag;
        scanner.scan(body);
        poll();
      }
    },
    closed: events.failed,
  });
  return Object.assign(socket, { position: () => credentialsAt(cursorOf(modified, etag)) });
}

/** nchan's id of a message: the second it was published in, and its number within that second. */
interface MessageId {
  readonly second: number;
  readonly number: number;
}

const ID = /^(\d+):(\d+)$/;

/** Returns a member's credentials: the id of the message it read last. */
function credentialsAt(cursor: string): Credentials {
  return { session: "", cursor };
}

/** Parses "1795381063:1". Throws a RangeError if it isn't an id of one channel. */
function parseMessageId(cursor: string): MessageId {
  const match = ID.exec(cursor);
  if (match === null) throw new RangeError(`"${cursor}" is not a message id of nchan`);
  return { second: Number(match[1]), number: Number(match[2]) };
}

/** Returns the headers with which a long poll names the message it read last, as nchan's answers spell them. */
function conditionalHeaders(cursor: string): { readonly modified: string; readonly etag: string } {
  const { second, number } = parseMessageId(cursor);
  return { modified: new Date(second * 1_000).toUTCString(), etag: String(number) };
}

/** Returns the cursor for an answer's Last-Modified and Etag. */
function cursorOf(modified: string, etag: string): string {
  return `${Date.parse(modified) / 1_000}:${etag}`;
}

/** An id line (of SSE, or of the subprotocol ws+meta.nchan) or a stamp. */
const TOKEN = /id: (\d+:\d+)\n|#(\d{10})/g;
/** Characters kept from the end of a chunk, where a token may be cut. Longer than any token. */
const KEPT = 64;

/**
 * Finds stamps and the ids of their messages across chunks cut anywhere. The position moves only once the stamp of a
 * message has arrived, so that a reader cut in between gets exactly this message again. Costs a string per chunk.
 */
export class MetaScanner {
  readonly #found: (number: number, id: string) => void;
  #id = "";
  #rest = "";

  constructor(found: (number: number, id: string) => void) {
    this.#found = found;
  }

  scan(bytes: Buffer): void {
    const text = this.#rest + bytes.toString("latin1");
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      const [token, id, stamp] = match;
      end = match.index + token.length;
      if (id !== undefined) this.#id = id;
      if (stamp !== undefined) this.#found(Number(stamp), this.#id);
    }
    this.#rest = text.slice(Math.max(end, text.length - KEPT));
  }
}
