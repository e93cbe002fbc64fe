/** Skyrocket's own rows, and how the load generator talks to it: sessions, a raw reader for each transport, a publisher. */
import { fileURLToPath } from "node:url";
import type { ClientTransport } from "../../src/transports/contract.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import type { Row } from "../contract.ts";
import type { Credentials, Dialect, Publisher, PublisherOptions, Reader, ReaderOptions } from "../generator/dialect.ts";
import { textFrame } from "../generator/frames.ts";
import { AnswerReader, getRequest, postRequest, statusOf, upgradeHeaders } from "../generator/http.ts";
import { openSocket, openStream, openWebSocketStream, type RawSocket } from "../generator/socket.ts";
import { StampScanner, say } from "../generator/stamp.ts";

export const MAIN = fileURLToPath(new URL("../../src/server/main.ts", import.meta.url));
/** The same limit as `npm start`: V8's young generation stays at 24 MiB (docs/operations.md). */
export const YOUNG = "--max-semi-space-size=8";
const ON_SQLITE = fileURLToPath(new URL("./sqlite-server.ts", import.meta.url));

/** Turns off what would disturb a measurement. */
export const QUIET = ["--port", "0", "--rate-limit", "off", "--log", "silent"];
const SHARED_SETTING =
  "a session for every reader, in one room; messages go in by `say` on a WebSocket, whose publisher is a reader too.";

/** What the bench needs to know of a transport. */
type Shape = Pick<ClientTransport, "name" | "duplex" | "streaming">;

/** One row for each registered transport. */
export const OWN: readonly Row[] = clientTransports.map((transport) => ({
  name: transport.name,
  title: `Skyrocket, ${transport.title}`,
  system: "skyrocket",
  kind: "ours",
  leg: transport.name,
  setting: `npm start with --store memory --rate-limit off --log silent, the laboratory on but unused: ${SHARED_SETTING}`,
  version: null,
  missing: null,
  server: () => [YOUNG, MAIN, ...QUIET, "--store", "memory"],
  dialect: dialectOf(transport),
  resumes: true,
}));

/** The same server with its default, durable log: compared with the row that keeps its log in memory. */
export const ON_DISK: readonly Row[] = OWN.filter(({ name }) => name === "websocket").map((row) => ({
  ...row,
  name: `${row.name}-sqlite`,
  title: `${row.title}, SQLite`,
  system: "skyrocket-sqlite",
  setting: `npm start with --store sqlite:FILE --durability process --rate-limit off --log silent: ${SHARED_SETTING}`,
  server: () => [YOUNG, ON_SQLITE, ...QUIET],
}));

/** The same server without its laboratory, which is on by default on loopback: shows that an unused laboratory is free. */
export const WITHOUT_LAB: readonly Row[] = OWN.filter(({ name }) => name === "websocket").map((row) => ({
  ...row,
  name: `${row.name}-no-lab`,
  title: `${row.title}, no laboratory`,
  system: "skyrocket-no-lab",
  setting: `npm start with --no-lab --store memory --rate-limit off --log silent: ${SHARED_SETTING}`,
  server: () => [YOUNG, MAIN, ...QUIET, "--store", "memory", "--no-lab"],
}));

/** Returns how raw sockets read over a transport, by its shape: a WebSocket, another stream, or polls. */
export function dialectOf(transport: Shape): Dialect {
  const { name, duplex, streaming } = transport;
  const openReader = (options: ReaderOptions): Reader => {
    if (duplex) return openWebSocketReader(name, options);
    return streaming ? openStreamReader(name, options) : openPoller(name, options);
  };
  return { join: openSessions, openReader, openPublisher: openWebSocketPublisher };
}

const ROOM = "bench";
const OPENING_TOGETHER = 20;
/** The first member publishes. With this name its events are as long as those of the floors. */
const PUBLISHER = "publisher";

/** Opens `count` sessions in one room, each with its own name. Rejects if the server refuses one. */
export async function openSessions(url: URL, count: number): Promise<Credentials[]> {
  const opened: Credentials[] = [];
  while (opened.length < count) {
    const group = Array.from({ length: Math.min(OPENING_TOGETHER, count - opened.length) }, (_, at) =>
      openSession(url, opened.length + at === 0 ? PUBLISHER : `reader-${opened.length + at}`),
    );
    opened.push(...(await Promise.all(group)));
  }
  return opened;
}

async function openSession(url: URL, name: string): Promise<Credentials> {
  const response = await fetch(new URL("/api/sessions", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room: ROOM, name }),
  });
  const answer: unknown = await response.json();
  if (response.ok && isCredentials(answer)) return { session: answer.session, cursor: answer.cursor };
  throw new Error(`${url} refused a session with ${response.status}: ${JSON.stringify(answer)}`);
}

function isCredentials(value: unknown): value is Credentials {
  return (
    typeof value === "object" &&
    value !== null &&
    "session" in value &&
    typeof value.session === "string" &&
    "cursor" in value &&
    typeof value.cursor === "string"
  );
}

function authorization(session: string): string {
  return `Authorization: Bearer ${session}`;
}

function openWebSocketReader(name: string, options: ReaderOptions): Reader {
  const { url, credentials, link, events } = options;
  const { scan, position } = follow(options);
  const request = webSocketRequest(name, url, credentials, link);
  const socket = openWebSocketStream({ url, request, opened: events.opened, failed: events.failed, take: scan });
  return Object.assign(socket, { position, publish: publishOn(socket) });
}

/** Publishes with `say` on a WebSocket of its own. */
export function openWebSocketPublisher({ url, credentials, events }: PublisherOptions): Publisher {
  const socket = openWebSocketStream({
    url,
    request: webSocketRequest("websocket", url, credentials, 1),
    opened: events.opened,
    failed: events.failed,
    take: (bytes) => {
      if (bytes.includes('"refused"')) events.failed(`a command was refused: ${bytes.toString("latin1")}`);
    },
  });
  return Object.assign(socket, { publish: publishOn(socket) });
}

function webSocketRequest(name: string, url: URL, { session, cursor }: Credentials, link: number): string {
  const path = `/transports/${name}?after=${cursor}&reader=${link}`;
  return getRequest(url, path, [authorization(session), ...upgradeHeaders()]);
}

function publishOn(socket: RawSocket): Publisher["publish"] {
  return (number, textBytes) => socket.write(textFrame(say(number, textBytes)));
}

function openStreamReader(name: string, options: ReaderOptions): Reader {
  const { url, credentials, link, events } = options;
  const { scan, position } = follow(options);
  const path = `/transports/${name}?after=${credentials.cursor}&reader=${link}`;
  const request = getRequest(url, path, [authorization(credentials.session), "Accept: text/event-stream"]);
  const socket = openStream({ url, request, status: 200, opened: events.opened, failed: events.failed, take: scan });
  return withPoster(socket, options, { position });
}

/** Scans a stream, and keeps the reader's position if that was asked for. */
function follow({ credentials, events, track }: ReaderOptions) {
  const [epoch = ""] = credentials.cursor.split("-", 1);
  let cursor = credentials.cursor;
  const scanner = track
    ? new PositionScanner((number, seq) => {
        cursor = `${epoch}-${seq}`;
        events.arrived(number);
      })
    : new StampScanner(events.arrived);
  const scan = (bytes: Buffer): void => scanner.scan(bytes);
  return { scan, position: () => ({ session: credentials.session, cursor }) };
}

const HOLD = "&hold=25000";
/** An answer this large may have reached the server's batch limit. The reader then polls again at once, like our own client. */
const LARGE_MESSAGES = 100;
const LARGE_BYTES = 32_768;

/**
 * Opens a poller on one keep-alive connection. A long poller polls again as soon as it is answered. A short poller polls
 * when `poll` is called, once or until a number of messages arrived, and again if an answer shows that it is behind.
 */
function openPoller(name: string, options: ReaderOptions): Reader {
  const { url, credentials, events, link } = options;
  const { session, cursor } = credentials;
  const long = name !== "short-polling";
  const separator = cursor.lastIndexOf("-") + 1;
  const [epoch, seq] = [cursor.slice(0, separator), cursor.slice(separator)];
  const path = `/transports/${name}?reader=${link}${long ? HOLD : ""}&after=${epoch}`;
  const request = getRequest(url, path, [authorization(session)]);
  // Split the request where the seq goes: before the first " HTTP/1.1", since only the token, which comes later, is unknown.
  const split = request.indexOf(" HTTP/1.1");
  const [before, after] = [request.slice(0, split), request.slice(split)];
  // Like our own client, poll without a hold first: its answer proves that the reader is attached.
  const first = before.replace(HOLD, "&hold=0");
  const answers = new AnswerReader();
  let arrivals = 0;
  const scanner = new StampScanner((number) => {
    arrivals += 1;
    events.arrived(number);
  });
  let read = seq;
  let attached = false;
  /** Messages that `poll` is still waiting for. */
  let wanted = 0;
  let inFlight = false;
  const poll = (): void => {
    inFlight = true;
    socket.write(`${attached ? before : first}${read}${after}`);
  };
  const take = (body: Buffer): void => {
    read = lastSeq(body) ?? read;
    arrivals = 0;
    scanner.scan(body);
    wanted = Math.max(0, wanted - arrivals);
    const isFirst = !attached;
    attached = true;
    const isBehind = arrivals >= LARGE_MESSAGES || body.length >= LARGE_BYTES;
    if (long || isBehind || wanted > 0) poll();
    if (isFirst) events.opened();
  };
  const socket = openSocket(url, {
    connected: poll,
    chunk: (bytes) => {
      for (const { status, body } of answers.read(bytes)) {
        inFlight = false;
        if (status !== 200) return events.failed(`a poll was answered ${status} instead of 200`);
        take(body);
      }
    },
    closed: events.failed,
  });
  const own = { position: () => ({ session, cursor: `${epoch}${read}` }) };
  const pollFor = (messages: number): void => {
    wanted = messages;
    if (attached && !inFlight) poll();
  };
  return withPoster(socket, options, long ? own : { ...own, poll: pollFor });
}

const SEQ = '"seq":';

/** Returns the seq of the last durable event in a body, or null if there is none. */
export function lastSeq(body: Buffer): string | null {
  const at = body.lastIndexOf(SEQ);
  if (at < 0) return null;
  const from = at + SEQ.length;
  return body.toString("latin1", from, body.indexOf(",", from));
}

/** Adds the up-leg of a transport that is not duplex: a second connection, opened with the first command. */
function withPoster(socket: RawSocket, options: PublisherOptions, own: Pick<Reader, "position" | "poll">): Reader {
  let poster: Publisher | null = null;
  return {
    ...own,
    get bytesRead() {
      return socket.bytesRead + (poster?.bytesRead ?? 0);
    },
    get bytesWritten() {
      return socket.bytesWritten + (poster?.bytesWritten ?? 0);
    },
    get reads() {
      return socket.reads;
    },
    pause: socket.pause,
    resume: socket.resume,
    close: () => {
      socket.close();
      poster?.close();
    },
    publish: (number, textBytes) => {
      poster ??= openPoster({ ...options, events: { opened: () => {}, failed: options.events.failed } });
      poster.publish(number, textBytes);
    },
  };
}

/** Publishes by POST on one keep-alive connection. */
function openPoster({ url, credentials: { session }, events }: PublisherOptions): Publisher {
  const socket = openSocket(url, {
    connected: events.opened,
    chunk: (bytes) => {
      if (statusOf(bytes) !== 200) events.failed(`a command was answered ${statusOf(bytes)} instead of 200`);
    },
    closed: events.failed,
  });
  const headers = [authorization(session), "Content-Type: application/json"];
  const publish = (number: number, textBytes: number): void =>
    socket.write(postRequest(url, "/api/commands", headers, say(number, textBytes)));
  return Object.assign(socket, { publish });
}

const STAMP_LENGTH = 11;
/** The longest part of a `"seq":` that the end of a chunk can cut. */
const CUT = SEQ.length - 1;

/**
 * Finds stamps as `StampScanner` does, and the seq of the event around each. It is slower, but it knows the reader's exact
 * position, across chunks cut anywhere. A seq counts only once the stamp after it has arrived.
 */
export class PositionScanner {
  readonly #found: (number: number, seq: string) => void;
  #rest = "";

  constructor(found: (number: number, seq: string) => void) {
    this.#found = found;
  }

  scan(bytes: Buffer): void {
    const text = this.#rest + bytes.toString("latin1");
    let done = 0;
    for (let stamp = text.indexOf("#"); stamp >= 0; stamp = text.indexOf("#", stamp + 1)) {
      if (stamp + STAMP_LENGTH > text.length) break;
      const number = Number(text.slice(stamp + 1, stamp + STAMP_LENGTH));
      const seqAt = text.lastIndexOf(SEQ, stamp);
      // A frame's length byte may also be #.
      if (!Number.isInteger(number) || seqAt < done) continue;
      const from = seqAt + SEQ.length;
      this.#found(number, text.slice(from, text.indexOf(",", from)));
      done = stamp + STAMP_LENGTH;
    }
    const started = text.lastIndexOf(SEQ);
    this.#rest = started >= done ? text.slice(started) : text.slice(Math.max(done, text.length - CUT));
  }
}
