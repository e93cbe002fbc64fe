import { randomBytes } from "node:crypto";
import { HeadReader } from "../generator/http-head.ts";
import { openSocket, type RawSocket } from "../generator/socket.ts";

export interface StreamEvents {
  /** The answer's head is here, with the status awaited. */
  opened(): void;
  /** What follows the head. The bytes hold until this returns. */
  chunk(bytes: Buffer): void;
  broke(why: string): void;
}

/** The head of a GET as short as a client can send it. */
export function getHead(url: URL, path: string, headers: readonly string[] = []): string {
  return `${[`GET ${path} HTTP/1.1`, `Host: ${url.host}`, ...headers].join("\r\n")}\r\n\r\n`;
}

/** A WebSocket's opening handshake. */
export function webSocketHead(url: URL, path: string, headers: readonly string[] = []): string {
  return getHead(url, path, [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...headers,
  ]);
}

/** Sends one request and hands on all that follows the head of its answer: an SSE stream, or a WebSocket's frames. */
export function openStream(url: URL, request: string, status: number, events: StreamEvents): RawSocket {
  let head: HeadReader | null = new HeadReader();
  const socket = openSocket(url, {
    connected: () => socket.write(request),
    chunk: (bytes) => {
      if (head === null) return events.chunk(bytes);
      const answer = head.read(bytes);
      if (answer === null) return;
      head = null;
      if (answer.status !== status) return events.broke(`it was answered ${answer.status} instead of ${status}`);
      events.opened();
      if (answer.rest.length > 0) events.chunk(answer.rest);
    },
    gone: events.broke,
  });
  return socket;
}
