import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import { messageEvent } from "../floors/serve.ts";
import type { Credentials, Publisher, PublisherOptions, Reader, ReaderOptions } from "../generator/dialect.ts";
import { textFrame } from "../generator/frames.ts";
import { AnswerReader, getRequest, postRequest, upgradeHeaders } from "../generator/http.ts";
import { openSocket, openStream, openWebSocketStream } from "../generator/socket.ts";
import { StampScanner, stampedText } from "../generator/stamp.ts";
import { packageNote } from "./installed.ts";
import { Sockets } from "./sockets.ts";

const MOUNT = "/faye";
/** How long the server holds a connect request, in seconds: the value in Faye's guide. */
const TIMEOUT_S = 45;

const shared = {
  ...packageNote("faye"),
  system: "faye",
  kind: "peer",
  server: () => [fileURLToPath(new URL("./faye-server.ts", import.meta.url)), MOUNT, String(TIMEOUT_S)],
  resumes: false,
} as const;

const SHARED_SETTING =
  "Published by a Bayeux message on the publisher's own WebSocket, with the event as a string in `data`; memory engine, timeout 45 s, no extensions; messages published while a client has no connection wait in the broker; messages already written to a connection that breaks are lost.";

export const FAYE_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "faye-websocket",
    title: "Faye, WebSocket",
    leg: "websocket",
    setting: `No pings and no compression (default). ${SHARED_SETTING}`,
    dialect: { join, openPublisher, openReader: openWebSocketReader },
  },
  {
    ...shared,
    name: "faye-sse",
    title: "Faye, EventSource",
    leg: "sse",
    setting: `Ping every 10 s (default); subscribe and connect by POST. ${SHARED_SETTING}`,
    dialect: { join, openPublisher, openReader: openSseReader },
  },
  {
    ...shared,
    name: "faye-long-polling",
    title: "Faye, long polling",
    leg: "long-polling",
    setting: `Connect requests on one keep-alive connection. ${SHARED_SETTING}`,
    dialect: { join, openPublisher, openReader: openLongPollingReader },
  },
];

const JOINING_TOGETHER = 20;

/**
 * Makes a handshake for each reader: the client id is its session. The first member is the publisher, which needs none.
 * The broker drops a client after two timeouts without a connect.
 */
async function join(url: URL, count: number): Promise<readonly Credentials[]> {
  const members: Credentials[] = [{ session: "", cursor: "" }];
  while (members.length < count) {
    const group = Array.from({ length: Math.min(JOINING_TOGETHER, count - members.length) }, () => handshake(url));
    members.push(...(await Promise.all(group)));
  }
  return members;
}

async function handshake(url: URL): Promise<Credentials> {
  const response = await fetch(new URL(MOUNT, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: HANDSHAKE,
  });
  if (!response.ok) throw new Error(`Faye at ${url} answered ${response.status} to a handshake`);
  return { session: clientIdOf(await response.json()), cursor: "" };
}

/** On a WebSocket messages arrive as they are published. Connect is only a heartbeat, repeated when it is answered. */
function openWebSocketReader({ url, credentials, events }: ReaderOptions): Reader {
  const { session } = credentials;
  const scanner = new StampScanner(events.arrived);
  // Answers are on channels /meta/…, messages are not.
  const answers = new PhraseFinder('"/meta/');
  let attached = false;
  const answered = (bytes: Buffer): void => {
    if (isRefusal(bytes)) {
      events.failed(`Faye refused a request: ${bytes.toString("latin1")}`);
    } else if (attached) {
      socket.write(textFrame(connect(session, "websocket")));
    } else {
      // The first answer is the one to `subscribe`. By then the server has read `connect` too: both went in one write.
      attached = true;
      events.opened();
    }
  };
  const socket = openWebSocketStream({
    url,
    request: getRequest(url, MOUNT, upgradeHeaders()),
    opened: () => {
      const frames = [textFrame(subscribe(session)), textFrame(connect(session, "websocket"))];
      socket.write(Buffer.concat(frames));
    },
    take: (bytes) => {
      scanner.scan(bytes);
      if (answers.completesIn(bytes)) answered(bytes);
    },
    failed: events.failed,
  });
  return Object.assign(socket, {
    position: () => credentials,
    publish: (number: number, textBytes: number) => socket.write(textFrame(publish(number, textBytes))),
  });
}

/** Publishes on a WebSocket, which needs neither a session nor a subscription. */
function openPublisher({ url, events }: PublisherOptions): Publisher {
  const socket = openWebSocketStream({
    url,
    request: getRequest(url, MOUNT, upgradeHeaders()),
    opened: events.opened,
    take: (bytes) => {
      if (isRefusal(bytes)) events.failed(`Faye refused a message: ${bytes.toString("latin1")}`);
    },
    failed: events.failed,
  });
  return Object.assign(socket, {
    publish: (number: number, textBytes: number) => socket.write(textFrame(publish(number, textBytes))),
  });
}

/**
 * Faye's EventSource: messages arrive on the stream, the client's own requests go by POST. Connect is answered at once,
 * with the advice to repeat it after the server's timeout.
 */
function openSseReader({ url, credentials, events }: ReaderOptions): Reader {
  const { session } = credentials;
  const scanner = new StampScanner(events.arrived);
  const posts = new Sockets();
  let nextConnect: NodeJS.Timeout | null = null;
  const close = (): void => {
    if (nextConnect !== null) clearTimeout(nextConnect);
    posts.close();
    stream.close();
  };
  const failed = (reason: string): void => {
    close();
    events.failed(reason);
  };
  const connectAndRepeat = (answered: () => void): void => {
    postMessage(posts, url, connect(session, "eventsource"), {
      answered: () => {
        nextConnect = setTimeout(() => connectAndRepeat(() => {}), TIMEOUT_S * 1_000);
        answered();
      },
      failed,
    });
  };
  const stream = openStream({
    url,
    request: getRequest(url, `${MOUNT}/${session}`, ["Accept: text/event-stream"]),
    status: 200,
    opened: () =>
      postMessage(posts, url, subscribe(session), { answered: () => connectAndRepeat(events.opened), failed }),
    take: (bytes) => scanner.scan(bytes),
    failed,
  });
  return {
    get bytesRead() {
      return stream.bytesRead + posts.bytesRead;
    },
    get bytesWritten() {
      return stream.bytesWritten + posts.bytesWritten;
    },
    get reads() {
      return stream.reads + posts.reads;
    },
    pause: () => {
      stream.pause();
      posts.pause();
    },
    resume: () => {
      stream.resume();
      posts.resume();
    },
    position: () => credentials,
    close,
  };
}

interface PostEvents {
  answered(): void;
  failed(reason: string): void;
}

/** Posts a Bayeux message on a connection of its own, which ends with the answer. */
function postMessage(sockets: Sockets, url: URL, body: string, { answered, failed }: PostEvents): void {
  const answers = new AnswerReader();
  const socket = sockets.open(url, {
    connected: () => socket.write(post(url, body)),
    chunk: (bytes) => {
      const answer = answers.read(bytes)[0];
      if (answer === undefined) return;
      sockets.drop(socket);
      if (answer.status === 200 && !isRefusal(answer.body)) answered();
      else failed(`Faye answered ${answer.status}: ${answer.body.toString("latin1")}`);
    },
    closed: failed,
  });
}

/**
 * Faye's long poll on one keep-alive connection: each connect request is answered with the messages that are ready. What
 * is published between two requests waits in the broker.
 */
function openLongPollingReader({ url, credentials, events }: ReaderOptions): Reader {
  const scanner = new StampScanner(events.arrived);
  const answers = new AnswerReader();
  const poll = post(url, connect(credentials.session, "long-polling"));
  let attached = false;
  const socket = openSocket(url, {
    connected: () => socket.write(post(url, subscribe(credentials.session))),
    chunk: (bytes) => {
      for (const { status, body } of answers.read(bytes)) {
        if (status !== 200) return events.failed(`a poll was answered ${status} instead of 200`);
        if (isRefusal(body)) return events.failed(`Faye refused a request: ${body.toString("latin1")}`);
        scanner.scan(body);
        socket.write(poll);
        if (attached) continue;
        attached = true;
        events.opened();
      }
    },
    closed: events.failed,
  });
  return Object.assign(socket, { position: () => credentials });
}

const CHANNEL = "/lobby";
const REFUSAL = Buffer.from('"successful":false');

/** The connection types of Bayeux. */
type ConnectionType = "websocket" | "eventsource" | "long-polling";

const HANDSHAKE = JSON.stringify([
  {
    channel: "/meta/handshake",
    version: "1.0",
    supportedConnectionTypes: ["websocket", "eventsource", "long-polling"],
    id: "1",
  },
]);

function subscribe(clientId: string): string {
  return JSON.stringify([{ channel: "/meta/subscribe", clientId, subscription: CHANNEL, id: "2" }]);
}

/**
 * Returns a request for messages. With long polling it is answered when there are some, or after the server's timeout;
 * on a WebSocket it is a heartbeat; with EventSource it is answered at once.
 */
function connect(clientId: string, connectionType: ConnectionType): string {
  return JSON.stringify([{ channel: "/meta/connect", clientId, connectionType, id: "3" }]);
}

/** Returns a message to all subscribers. The broker changes nothing in `data`, so the whole event is made here. */
function publish(number: number, textBytes: number): string {
  return JSON.stringify([{ channel: CHANNEL, data: messageEvent(stampedText(number, textBytes)), id: String(number) }]);
}

/** Returns a Bayeux message as an HTTP request. */
function post(url: URL, body: string): string {
  return postRequest(url, MOUNT, ["Content-Type: application/json"], body);
}

/** Returns whether an answer refuses a request. */
function isRefusal(answer: Buffer): boolean {
  return answer.includes(REFUSAL);
}

/** Returns the client id in the answer to a handshake. Throws an Error with the answer if there is none. */
function clientIdOf(answer: unknown): string {
  const first: unknown = Array.isArray(answer) ? answer[0] : undefined;
  if (typeof first === "object" && first !== null && "clientId" in first && typeof first.clientId === "string") {
    return first.clientId;
  }
  throw new Error(`Faye answered a handshake without a client id: ${JSON.stringify(answer)}`);
}

/**
 * Finds a phrase in a stream of chunks cut anywhere. It searches each chunk once, and its last bytes for the phrase's
 * first byte. Where it finds that byte, it copies this chunk's end and the next chunk.
 */
export class PhraseFinder {
  readonly #phrase: Buffer;
  readonly #first: number;
  /** The end of the last chunk, in which the phrase may have started; shorter than the phrase. */
  #started: Buffer | null = null;

  constructor(phrase: string) {
    this.#phrase = Buffer.from(phrase);
    this.#first = this.#phrase.readUInt8(0);
  }

  /** Returns whether an occurrence of the phrase is complete in this chunk, wherever in it. */
  completesIn(bytes: Buffer): boolean {
    const seen = this.#started === null ? bytes : Buffer.concat([this.#started, bytes]);
    const started = seen.indexOf(this.#first, Math.max(0, seen.length - this.#phrase.length + 1));
    this.#started = started < 0 ? null : Buffer.from(seen.subarray(started));
    return seen.includes(this.#phrase);
  }
}
