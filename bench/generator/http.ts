/**
 * The load generator's HTTP/1.1: the shortest requests a client can send, and responses split from raw chunks. The lab
 * has a decoder of its own; this reader is separate because it is the measuring instrument.
 */
import { randomBytes } from "node:crypto";

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/** Returns a GET request; `headers` are whole lines. */
export function getRequest(url: URL, path: string, headers: readonly string[] = []): string {
  return `${[`GET ${path} HTTP/1.1`, `Host: ${url.host}`, ...headers].join("\r\n")}${HEAD_END}`;
}

/** Returns a POST request; `headers` are whole lines, `body` is ASCII. */
export function postRequest(url: URL, path: string, headers: readonly string[], body: string): string {
  const lines = [`POST ${path} HTTP/1.1`, `Host: ${url.host}`, ...headers, `Content-Length: ${body.length}`];
  return `${lines.join("\r\n")}${HEAD_END}${body}`;
}

/** Returns the header lines of a WebSocket's opening handshake, with a new key. */
export function upgradeHeaders(): readonly string[] {
  return [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  ];
}

/** Returns the status of the response with which `bytes` begins; 0, NaN or any number if it begins with none. */
export function statusOf(bytes: Buffer): number {
  return Number(bytes.toString("latin1", 9, 12));
}

/** The head of a response that a stream follows. */
export interface Head {
  readonly status: number;
  /** The bytes after the head that arrived together with it. */
  readonly rest: Buffer;
}

/** Collects the head of a response from chunks cut anywhere. */
export class HeadReader {
  #kept: Buffer | null = null;

  /** Returns the head once it is complete, null before. */
  read(bytes: Buffer): Head | null {
    const all = this.#kept === null ? bytes : Buffer.concat([this.#kept, bytes]);
    const end = all.indexOf(HEAD_END);
    if (end < 0) {
      this.#kept = Buffer.from(all);
      return null;
    }
    this.#kept = null;
    return { status: statusOf(all), rest: all.subarray(end + HEAD_END.length) };
  }
}

/** One complete response. `body` is part of the last chunk: it is valid until the next one is read. */
export interface Answer {
  readonly status: number;
  /** From the status line to the last header. */
  readonly head: string;
  readonly body: Buffer;
}

/** Splits the responses on a keep-alive connection from chunks cut anywhere. Without a Content-Length a body is empty. */
export class AnswerReader {
  #kept: Buffer | null = null;

  /** Returns the responses that are complete now. */
  read(bytes: Buffer): readonly Answer[] {
    let rest = this.#kept === null ? bytes : Buffer.concat([this.#kept, bytes]);
    const answers: Answer[] = [];
    for (;;) {
      const headEnd = rest.indexOf(HEAD_END);
      if (headEnd < 0) break;
      const start = headEnd + HEAD_END.length;
      const head = rest.toString("latin1", 0, headEnd);
      const end = start + Number(LENGTH.exec(head)?.[1] ?? 0);
      if (rest.length < end) break;
      answers.push({ status: statusOf(rest), head, body: rest.subarray(start, end) });
      rest = rest.subarray(end);
    }
    this.#kept = rest.length === 0 ? null : Buffer.from(rest);
    return answers;
  }
}
