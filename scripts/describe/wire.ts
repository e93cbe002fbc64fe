/** HTTP responses and WebSocket frames in raw bytes, for documents and their tests. */
import { hex } from "../../lab/engine/decoder/bytes.ts";
import { responseHead } from "../../lab/engine/decoder/http-head.ts";
import { encodeFrame, readFrameHead } from "../../lab/engine/decoder/ws-frame.ts";
import type { RawConnection } from "../../test/support/raw-http.ts";

/** The head and the body of one response. */
export interface Answer {
  readonly head: string;
  readonly body: string;
}

const BLANK = "\r\n\r\n";

/** Reads one response: as many bytes of its body as Content-Length states or, without one, until `enough` is true for it. */
export async function readAnswer(connection: RawConnection, enough: (body: string) => boolean): Promise<Answer> {
  await connection.until((bytes) => bytes.includes(BLANK));
  const end = connection.received.indexOf(BLANK);
  if (end < 0) throw new Error(`the connection ended within a head: ${connection.received.toString()}`);
  const bytes = connection.take(end + BLANK.length);
  const { status, headers } = responseHead(bytes, null);
  const head = bytes.toString();
  if (status === 101 || status === 204) return { head, body: "" };
  const length = headers.get("content-length");
  if (length !== undefined) {
    await connection.until((received) => received.length >= Number(length));
    return { head, body: connection.take(Number(length)).toString() };
  }
  await connection.until((bytes) => enough(bytes.toString()));
  return { head, body: connection.take(connection.received.length).toString() };
}

/** One unfragmented WebSocket frame. */
export interface Frame {
  /** The bytes before the payload, including the mask. */
  readonly head: Buffer;
  readonly payload: string;
}

/** Returns the first frame of `bytes`; null if it is not complete. */
export function firstFrame(bytes: Buffer): Frame | null {
  const head = readFrameHead(bytes);
  if (head === null) return null;
  const end = head.headBytes + head.length;
  if (bytes.length < end) return null;
  return { head: bytes.subarray(0, head.headBytes), payload: bytes.subarray(head.headBytes, end).toString() };
}

/** Returns a frame as PROTOCOL.md writes it: the head in hexadecimal, then the payload. */
export function spellFrame({ head, payload }: Frame): string {
  return `${hex(head)} ${payload}`;
}

/** Returns the bytes of a frame as PROTOCOL.md writes it. */
export function frameBytes(spelled: string): Buffer {
  const start = spelled.indexOf("{");
  const head = Buffer.from(spelled.slice(0, start).replaceAll(" ", ""), "hex");
  return Buffer.concat([head, Buffer.from(spelled.slice(start))]);
}

/** Returns a client's text frame, masked with zeros: the value of the mask does not change its length. */
export function clientFrame(text: string): Uint8Array {
  return encodeFrame({ fin: true, rsv: 0, opcode: 1, mask: new Uint8Array(4), payload: Buffer.from(text) });
}
