import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import {
  type Dialect,
  joinAs,
  type Publisher,
  type PublisherOptions,
  type Reader,
  type ReaderOptions,
} from "../generator/dialect.ts";
import { AnswerReader, getRequest } from "../generator/http.ts";
import { openSocket, openStream, type RawSocket } from "../generator/socket.ts";
import { StampScanner, stampedText } from "../generator/stamp.ts";

/** As long as the tokens Skyrocket signs, so that the floors read requests of the same size. */
const SESSION = "x".repeat(74);
const AUTHORIZATION = `Authorization: Bearer ${SESSION}`;
const join: Dialect["join"] = joinAs({ session: SESSION, cursor: "00000000-1" });

const FLOOR = { system: "floors", kind: "floor", version: null, missing: null, resumes: false } as const;

/**
 * Servers that do nothing but broadcast the same bytes: a bare socket, and `node:http`, with SSE as most people write it
 * first and long polling in its cheapest form. Other rows are compared with `net`, so every run includes them.
 */
export const FLOORS: readonly Row[] = [
  {
    ...FLOOR,
    name: "net",
    title: "net: socket.write of one shared buffer",
    leg: "raw",
    setting: "A bare TCP server that writes the bytes of our own event to every socket; messages go in as lines.",
    server: () => [scriptPath("./net.ts")],
    dialect: { join, openReader: openLineReader, openPublisher: openLinePublisher },
  },
  {
    ...FLOOR,
    name: "http-long-polling",
    title: "node:http long polling",
    leg: "long-polling",
    setting:
      "Bare node:http: every request is held, and all are answered at once by writeHead(200, array) and end(string, latin1); messages go in as lines on an upgraded connection.",
    server: () => [scriptPath("./http-long-polling.ts")],
    dialect: { join, openReader: openPoller, openPublisher: openUpgradedPublisher },
  },
  {
    ...FLOOR,
    name: "http-sse",
    title: "node:http SSE, response.write",
    leg: "sse",
    setting:
      "Bare node:http: response.write(string) for every client, as most people write it first; messages go in as lines on an upgraded connection.",
    server: () => [scriptPath("./http-sse.ts")],
    dialect: { join, openReader: openSseReader, openPublisher: openUpgradedPublisher },
  },
];

function scriptPath(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function openLineReader(options: ReaderOptions): Reader {
  const scanner = new StampScanner(options.events.arrived);
  const socket = openSocket(options.url, {
    connected: options.events.opened,
    chunk: (bytes) => scanner.scan(bytes),
    closed: options.events.failed,
  });
  return asReader(socket, options);
}

/** The `net` server treats a connection that sends a line as the publisher, and any other connection as a reader. */
function openLinePublisher({ url, events }: PublisherOptions): Publisher {
  return publishingLines(openSocket(url, { connected: events.opened, chunk: () => {}, closed: events.failed }));
}

/** Long polls, at a server that does not look at the request. */
function openPoller(options: ReaderOptions): Reader {
  const { url, credentials, events } = options;
  const path = `/transports/long-polling?reader=1&hold=25000&after=${credentials.cursor}`;
  const request = getRequest(url, path, [AUTHORIZATION]);
  const answers = new AnswerReader();
  const scanner = new StampScanner(events.arrived);
  const socket = openSocket(url, {
    connected: () => {
      socket.write(request);
      events.opened();
    },
    chunk: (bytes) => {
      for (const { status, body } of answers.read(bytes)) {
        if (status !== 200) return events.failed(`a poll was answered ${status} instead of 200`);
        scanner.scan(body);
        socket.write(request);
      }
    },
    closed: events.failed,
  });
  return asReader(socket, options);
}

/** An event stream, from a server that does not look at the request. */
function openSseReader(options: ReaderOptions): Reader {
  const { url, events } = options;
  const scanner = new StampScanner(events.arrived);
  const request = getRequest(url, "/", [AUTHORIZATION, "Accept: text/event-stream"]);
  const { opened, failed } = events;
  const take = (bytes: Buffer): void => scanner.scan(bytes);
  return asReader(openStream({ url, request, status: 200, opened, failed, take }), options);
}

/** The HTTP floors don't answer an upgrade: after the request the connection belongs to the publisher. */
function openUpgradedPublisher({ url, events }: PublisherOptions): Publisher {
  const socket = openSocket(url, {
    connected: () => {
      const headers = ["Authorization: Bearer -", "Connection: Upgrade", "Upgrade: lines"];
      socket.write(getRequest(url, "/", headers));
      events.opened();
    },
    chunk: () => {},
    closed: events.failed,
  });
  return publishingLines(socket);
}

function publishingLines(socket: RawSocket): Publisher {
  const publish = (number: number, textBytes: number): void => socket.write(`${stampedText(number, textBytes)}\n`);
  return Object.assign(socket, { publish });
}

/** A floor has no history, so a reader that reconnects uses the same credentials again. */
function asReader(socket: RawSocket, { credentials }: ReaderOptions): Reader {
  return Object.assign(socket, { position: () => credentials });
}
