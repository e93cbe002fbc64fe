import type { RawSocket } from "../generator/socket.ts";
import { AnswerReader } from "./answers.ts";
import { postRequest } from "./post.ts";
import type { Sockets } from "./sockets.ts";

/** Node's servers close a connection that lay idle for 5 s: one that may be closing is not written to any more. */
const USABLE_MS = 3_000;

export interface PosterAsk {
  readonly sockets: Sockets;
  readonly url: URL;
  /** Put all posts on one connection while it is alive; else each has its own, which ends with the answer. */
  readonly keepAlive: boolean;
  readonly contentType: string;
  /** The status of an answer that is as it should be. */
  readonly status: number;
  readonly answered: () => void;
  readonly broke: (why: string) => void;
}

/** Posts without waiting for answers, in order, and looks at each answer's status. */
export class Poster {
  readonly #ask: PosterAsk;
  #socket: RawSocket | null = null;
  #usedAt = 0;
  #awaited = 0;

  constructor(ask: PosterAsk) {
    this.#ask = ask;
  }

  /** Opens the connection before there is something to post. */
  connect(connected: () => void): void {
    this.#usedAt = performance.now();
    this.#socket = this.#open(connected);
  }

  post(path: string, body: string): void {
    const { url, keepAlive, contentType } = this.#ask;
    const headers = [...(keepAlive ? [] : ["Connection: close"]), `Content-Type: ${contentType}`];
    const socket = this.#usable();
    this.#usedAt = performance.now();
    this.#awaited += 1;
    socket.write(postRequest(url, path, headers, body));
  }

  #usable(): RawSocket {
    const idle = this.#awaited === 0;
    const old = idle && (!this.#ask.keepAlive || performance.now() - this.#usedAt > USABLE_MS);
    if (this.#socket !== null && old) this.#ask.sockets.drop(this.#socket);
    if (this.#socket === null || old) this.#socket = this.#open();
    return this.#socket;
  }

  #open(connected: () => void = () => {}): RawSocket {
    const { sockets, url, status, answered, broke } = this.#ask;
    const answers = new AnswerReader();
    let reached = false;
    const socket = sockets.open(url, {
      connected: () => {
        reached = true;
        connected();
      },
      chunk: (bytes) => {
        for (const answer of answers.read(bytes)) {
          this.#awaited -= 1;
          if (answer.status !== status) return broke(`a post was answered ${answer.status} instead of ${status}`);
          answered();
        }
      },
      gone: (why) => {
        if (this.#socket !== socket) return;
        this.#socket = null;
        if (!reached || this.#awaited > 0) broke(`posting failed: ${why}`);
      },
    });
    return socket;
  }
}
