import { randomBytes } from "node:crypto";
import type { Credentials } from "../generator/dialect.ts";

/** The head of a GET, as short as a client can send it. */
export function getRequest(url: URL, path: string, session: string, headers: readonly string[] = []): string {
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${url.host}`, `Authorization: Bearer ${session}`, ...headers];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

export function postRequest(url: URL, path: string, session: string, body: string): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${url.host}`,
    `Authorization: Bearer ${session}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

export function webSocketRequest(url: URL, { session, cursor }: Credentials, link: number): string {
  return getRequest(url, `/transports/websocket?after=${cursor}&reader=${link}`, session, [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  ]);
}

export function sseRequest(url: URL, { session, cursor }: Credentials, link: number): string {
  return getRequest(url, `/transports/sse?after=${cursor}&reader=${link}`, session, ["Accept: text/event-stream"]);
}
