import { statusOf } from "./http-head.ts";

const HEAD_END = "\r\n\r\n";
const SEQ = '"seq":';
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const COMMA = 0x2c;

/** One whole answer to a poll. `bytes` belongs to the reader's chunk: it holds until the next one. */
export interface PollAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** Takes keep-alive answers with a Content-Length apart, one poll at a time. */
export class PollAnswerReader {
  #kept: Buffer | null = null;

  /** The answer once it is whole; null before. */
  read(bytes: Buffer): PollAnswer | null {
    const whole = this.#kept === null ? bytes : Buffer.concat([this.#kept, bytes]);
    const headEnd = whole.indexOf(HEAD_END);
    const length = headEnd < 0 ? undefined : LENGTH.exec(whole.toString("latin1", 0, headEnd))?.[1];
    const start = headEnd + HEAD_END.length;
    if (headEnd >= 0 && length === undefined) return { status: statusOf(whole), body: whole.subarray(start) };
    if (headEnd < 0 || whole.length < start + Number(length)) {
      this.#kept = Buffer.from(whole);
      return null;
    }
    this.#kept = null;
    return { status: statusOf(whole), body: whole.subarray(start) };
  }
}

/** The seq of the last numbered event in a body, or null when there is none. */
export function lastSeq(body: Buffer): string | null {
  const at = body.lastIndexOf(SEQ);
  if (at < 0) return null;
  const from = at + SEQ.length;
  return body.toString("latin1", from, body.indexOf(COMMA, from));
}
