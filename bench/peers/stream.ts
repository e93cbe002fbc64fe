import { randomBytes } from "node:crypto";
import type { RawSocket } from "../generator/socket.ts";
import { openStream as openGeneratorStream } from "../generator/stream.ts";

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

/** The generator's stream, with its events in one object. */
export function openStream(
  url: URL,
  request: string,
  status: number,
  { opened, chunk, broke }: StreamEvents,
): RawSocket {
  return openGeneratorStream({ url, request, status, opened, broke, take: chunk });
}
