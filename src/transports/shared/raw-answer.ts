import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { ERRORS, type ErrorCode } from "../../protocol/errors.ts";

/** Refuses on a bare socket, where there is no response object to do it, and ends the connection. */
export function answerRaw(socket: Duplex, code: ErrorCode): void {
  const { status, message, retry } = ERRORS[code];
  const body = JSON.stringify({ code, message, retry });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
