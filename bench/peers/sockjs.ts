import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import type { Publisher, PublisherOptions, Reader, ReaderOptions } from "../generator/dialect.ts";
import { joinAs } from "../generator/dialect.ts";
import { textFrame } from "../generator/frames.ts";
import { getRequest, postRequest, statusOf, upgradeHeaders } from "../generator/http.ts";
import { openSocket, openStream, openWebSocketStream } from "../generator/socket.ts";
import { StampScanner, say } from "../generator/stamp.ts";
import { packageNote } from "./installed.ts";

const join = joinAs({ session: "", cursor: "" });

const shared = {
  ...packageNote("sockjs"),
  system: "sockjs",
  kind: "peer",
  server: () => [fileURLToPath(new URL("./sockjs-server.ts", import.meta.url))],
  resumes: false,
} as const;

const PATH =
  "Published by a text frame on the publisher's own raw WebSocket, to which nothing is broadcast; conn.write for every connection, as SockJS has no rooms; log off, heartbeat 25 s (default), disconnect_delay 10 s, no history.";

export const SOCKJS_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "sockjs-websocket",
    title: "SockJS, WebSocket",
    leg: "websocket",
    setting: `The raw WebSocket, which has neither framing nor heartbeats of SockJS; no compression. ${PATH}`,
    dialect: { join, openPublisher, openReader: openWebSocketReader },
  },
  {
    ...shared,
    name: "sockjs-sse",
    title: "SockJS, EventSource",
    leg: "sse",
    setting: `response_limit lifted, so that no stream ends after 128 KiB. ${PATH}`,
    dialect: { join, openPublisher, openReader: openSseReader },
  },
  {
    ...shared,
    name: "sockjs-long-polling",
    title: "SockJS, xhr-polling",
    leg: "long-polling",
    setting: `Polls on one keep-alive connection; what is written between two of them waits in the session. ${PATH}`,
    dialect: { join, openPublisher, openReader: openLongPollingReader },
  },
];

/** SockJS's raw WebSocket: messages without SockJS's framing, in both directions. */
function openWebSocketReader({ url, credentials, events }: ReaderOptions): Reader {
  const scanner = new StampScanner(events.arrived);
  const request = getRequest(url, "/s/websocket", upgradeHeaders());
  const socket = openWebSocketStream({
    url,
    request,
    opened: events.opened,
    failed: events.failed,
    take: (bytes) => scanner.scan(bytes),
  });
  return Object.assign(socket, {
    position: () => credentials,
    publish: (number: number, textBytes: number) => socket.write(textFrame(say(number, textBytes))),
  });
}

/** Publishers have a prefix of their own, on which nothing is broadcast. */
function openPublisher({ url, events }: PublisherOptions): Publisher {
  const request = getRequest(url, "/publish/websocket", upgradeHeaders());
  const { opened, failed } = events;
  const socket = openWebSocketStream({ url, request, opened, failed, take: () => {} });
  return Object.assign(socket, {
    publish: (number: number, textBytes: number) => socket.write(textFrame(say(number, textBytes))),
  });
}

/** SockJS's EventSource: one event per frame, `data: a["…"]`. */
function openSseReader({ url, credentials, events }: ReaderOptions): Reader {
  const scanner = new StampScanner(events.arrived);
  const request = getRequest(url, sessionPath("eventsource"), ["Accept: text/event-stream"]);
  const socket = openStream({
    url,
    request,
    status: 200,
    opened: events.opened,
    failed: events.failed,
    take: (bytes) => scanner.scan(bytes),
  });
  return Object.assign(socket, { position: () => credentials });
}

/** The frame that closes a session, after the head of its chunk. */
const CLOSED = Buffer.from("\r\nc[");

/**
 * SockJS's xhr-polling on one keep-alive connection. The first answer opens the session ("o"); later ones contain what was
 * written since (`a["…",…]`) or a heartbeat ("h"). What is written between two polls waits in the session.
 */
function openLongPollingReader({ url, credentials, events }: ReaderOptions): Reader {
  const scanner = new StampScanner(events.arrived);
  const answers = new ChunkedAnswers();
  const request = postRequest(url, sessionPath("xhr"), [], "");
  let attached = false;
  const socket = openSocket(url, {
    connected: () => socket.write(request),
    chunk: (bytes) => {
      scanner.scan(bytes);
      const status = answers.read(bytes);
      if (status === null) return;
      if (bytes.includes(CLOSED)) return events.failed(`its session was closed: ${bytes.toString("latin1")}`);
      if (status !== 200) return events.failed(`a poll was answered ${status} instead of 200`);
      socket.write(request);
      if (attached) return;
      attached = true;
      events.opened();
    },
    closed: events.failed,
  });
  return Object.assign(socket, { position: () => credentials });
}

/** Neither chunk heads nor SockJS's frames, which are JSON, contain these bytes. */
const END = Buffer.from("\r\n0\r\n\r\n");
const STATUS_END = "HTTP/1.1 200".length;

/** Finds the end of chunked answers on a keep-alive connection, one poll at a time. Their content is scanned as it arrives. */
export class ChunkedAnswers {
  /** The last bytes of an unfinished answer, enough to recognise its status or its end. */
  #tail: Buffer = Buffer.alloc(0);
  #status: number | null = null;

  /** Returns the answer's status once it has ended, null before. */
  read(bytes: Buffer): number | null {
    const seen = Buffer.concat([this.#tail, bytes]);
    if (this.#status === null && seen.length >= STATUS_END) this.#status = statusOf(seen);
    const ended = seen.length >= END.length && seen.subarray(-END.length).equals(END);
    this.#tail = ended ? Buffer.alloc(0) : Buffer.from(seen.subarray(-STATUS_END));
    if (!ended) return null;
    const status = this.#status;
    this.#status = null;
    return status;
  }
}

/** Returns the path of a new session on a transport. SockJS's clients choose their own session names. */
function sessionPath(transport: string): string {
  return `/s/000/${randomUUID()}/${transport}`;
}
