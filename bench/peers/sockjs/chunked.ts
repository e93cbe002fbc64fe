import { statusOf } from "../../generator/http-head.ts";

/** Neither chunk heads nor SockJS's frames, which are JSON, have these bytes elsewhere. */
const END = Buffer.from("\r\n0\r\n\r\n");
const STATUS_END = "HTTP/1.1 200".length;

/**
 * Finds the end of chunked answers on a keep-alive connection, one poll at a time. What is in them is read as it comes.
 */
export class ChunkedAnswers {
  /** The last bytes of an unfinished answer, enough to tell its status or its end. */
  #tail: Buffer = Buffer.alloc(0);
  #status: number | null = null;

  /** The answer's status once it has ended; null before. */
  read(bytes: Buffer): number | null {
    const seen = Buffer.concat([this.#tail, bytes]);
    if (this.#status === null && seen.length >= STATUS_END) this.#status = statusOf(seen);
    const ended = seen.length >= END.length && seen.subarray(-END.length).equals(END);
    this.#tail = ended ? Buffer.alloc(0) : Buffer.from(seen.subarray(-STATUS_END));
    if (!ended) return null;
    const status = this.#status;
    this.#status = null;
    return status;
  }
}
