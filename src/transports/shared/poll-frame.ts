import type { DownEvent } from "../../protocol/events.ts";

/** An answer made once for all who wait for it, in the form each of them needs it in. */
export class PollFrame {
  /** Bytes of the body. */
  readonly length: number;
  /** Names and values in turn; `writeHead` takes no readonly array but changes none. */
  readonly head: string[];
  readonly #json: string;
  #body: string | null = null;
  #whole: Buffer | null = null;

  /** A JSON array as a whole answer. */
  constructor(events: readonly DownEvent[]) {
    this.#json = JSON.stringify(events);
    this.length = Buffer.byteLength(this.#json);
    this.head = [
      "Content-Type",
      "application/json",
      "Cache-Control",
      "no-store",
      "X-Content-Type-Options",
      "nosniff",
      "Content-Length",
      String(this.length),
    ];
  }

  /** For a response: a latin1 string of UTF-8 bytes. Head and body then leave in one socket write, a Buffer takes two. */
  get body(): string {
    this.#body ??= Buffer.from(this.#json).toString("latin1");
    return this.#body;
  }

  /** For a connection without a response: what Node would have sent, head and body, with the time of its first use. */
  get whole(): Buffer {
    this.#whole ??= Buffer.from(`${statusAndHead(this.head)}Date: ${new Date().toUTCString()}\r\n\r\n${this.#json}`);
    return this.#whole;
  }
}

function statusAndHead(head: readonly string[]): string {
  let text = "HTTP/1.1 200 OK\r\n";
  for (let index = 0; index < head.length; index += 2) text += `${head[index]}: ${head[index + 1]}\r\n`;
  return text;
}
