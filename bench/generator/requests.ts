import { randomBytes } from "node:crypto";
import type { Credentials } from "./sessions.ts";

/** The head of a GET, as short as a client can send it. Floors and Skyrocket are asked with the same bytes. */
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

export function webSocketRequest(url: URL, { session, cursor }: Credentials): string {
  return getRequest(url, `/transports/websocket?after=${cursor}&reader=1`, session, [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  ]);
}

export function sseRequest(url: URL, { session, cursor }: Credentials): string {
  return getRequest(url, `/transports/sse?after=${cursor}&reader=1`, session, ["Accept: text/event-stream"]);
}
