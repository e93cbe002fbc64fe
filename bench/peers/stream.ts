import { randomBytes } from "node:crypto";

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
