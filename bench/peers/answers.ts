import { statusOf } from "../generator/http-head.ts";

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/** One whole answer. `body` belongs to the chunk it came in: it holds until the next one. */
export interface Answer {
  readonly status: number;
  /** From the status line to the last header. */
  readonly head: string;
  readonly body: Buffer;
}

/** Takes the answers on a keep-alive connection apart, however they are cut. Without a Content-Length a body is empty. */
export class AnswerReader {
  #kept: Buffer | null = null;

  /** The answers that are whole now. */
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
