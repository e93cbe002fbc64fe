import { FrameWalker } from "./frames.ts";
import { HeadReader } from "./http-head.ts";
import type { ReaderKind } from "./messages.ts";
import { openPoller } from "./poller.ts";
import { sseRequest, webSocketRequest } from "./requests.ts";
import type { Credentials } from "./sessions.ts";
import { openSocket, type RawSocket } from "./socket.ts";
import { StampScanner } from "./stamp.ts";

/** What a reader tells of itself. */
export interface ReaderEvents {
  opened(): void;
  arrived(number: number): void;
  /** It can't go on: refused, or its connection has gone. */
  broke(why: string): void;
}

/** One reader: a connection that counts the messages in its bytes. */
export interface Reader extends RawSocket {
  /** Asks for what is new. Only short pollers have to be told. */
  ask?(): void;
}

export function openReader(kind: ReaderKind, url: URL, credentials: Credentials, events: ReaderEvents): Reader {
  switch (kind) {
    case "raw":
      return openRaw(url, events);
    case "sse":
      return openStream(url, sseRequest(url, credentials), 200, events, () => {});
    case "websocket":
      return openWebSocket(url, credentials, events);
    case "long-polling":
    case "short-polling":
      return openPoller(kind, url, credentials, events);
  }
}

function openRaw(url: URL, events: ReaderEvents): Reader {
  const scanner = new StampScanner(events.arrived);
  return openSocket(url, {
    connected: events.opened,
    chunk: (bytes) => scanner.scan(bytes),
    gone: events.broke,
  });
}

function openWebSocket(url: URL, credentials: Credentials, events: ReaderEvents): Reader {
  const walker = new FrameWalker(
    (pong) => socket.write(pong),
    () => events.broke("the server closed the WebSocket"),
  );
  const socket = openStream(url, webSocketRequest(url, credentials), 101, events, (bytes) => walker.walk(bytes));
  return socket;
}

function openStream(
  url: URL,
  request: string,
  status: number,
  events: ReaderEvents,
  look: (bytes: Buffer) => void,
): Reader {
  const scanner = new StampScanner(events.arrived);
  const take = (bytes: Buffer): void => {
    look(bytes);
    scanner.scan(bytes);
  };
  let head: HeadReader | null = new HeadReader();
  const socket = openSocket(url, {
    connected: () => socket.write(request),
    chunk: (bytes) => {
      if (head === null) return take(bytes);
      const answer = head.read(bytes);
      if (answer === null) return;
      head = null;
      if (answer.status !== status) return events.broke(`it was answered ${answer.status} instead of ${status}`);
      events.opened();
      take(answer.rest);
    },
    gone: events.broke,
  });
  return socket;
}
