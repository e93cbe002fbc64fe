/**
 * For readers and publishers with several sockets: `Sockets` sums their counters; `Poster` sends POSTs on a connection beside
 * the stream.
 */
import type { Connection } from "../generator/dialect.ts";
import { AnswerReader, postRequest } from "../generator/http.ts";
import { openSocket, type RawSocket, type SocketEvents } from "../generator/socket.ts";

/** Several sockets as one connection. Closed ones still count in its bytes. */
export class Sockets implements Connection {
  readonly #open = new Set<RawSocket>();
  readonly #closed = { bytesRead: 0, bytesWritten: 0, reads: 0 };
  #paused = false;

  get bytesRead(): number {
    return this.#sum("bytesRead");
  }

  get bytesWritten(): number {
    return this.#sum("bytesWritten");
  }

  get reads(): number {
    return this.#sum("reads");
  }

  open(url: URL, events: SocketEvents): RawSocket {
    const socket = openSocket(url, {
      ...events,
      closed: (reason) => {
        this.#retire(socket);
        events.closed(reason);
      },
    });
    this.#open.add(socket);
    if (this.#paused) socket.pause();
    return socket;
  }

  pause(): void {
    this.#paused = true;
    for (const socket of this.#open) socket.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const socket of this.#open) socket.resume();
  }

  close(): void {
    for (const socket of this.#open) this.drop(socket);
  }

  /** Closes one of the sockets. */
  drop(socket: RawSocket): void {
    socket.close();
    this.#retire(socket);
  }

  #retire(socket: RawSocket): void {
    if (!this.#open.delete(socket)) return;
    this.#closed.bytesRead += socket.bytesRead;
    this.#closed.bytesWritten += socket.bytesWritten;
    this.#closed.reads += socket.reads;
  }

  #sum(count: "bytesRead" | "bytesWritten" | "reads"): number {
    let sum = this.#closed[count];
    for (const socket of this.#open) sum += socket[count];
    return sum;
  }
}

/** Node's servers close a connection after 5 s of idling. Don't write to one that may be closing. */
const USABLE_MS = 3_000;

export interface PosterOptions {
  readonly sockets: Sockets;
  readonly url: URL;
  /** Whether all posts share one connection while it is usable. If not, each has its own, which its answer closes. */
  readonly keepAlive: boolean;
  readonly contentType: string;
  /** The expected status of each answer. */
  readonly status: number;
  readonly answered: () => void;
  readonly failed: (reason: string) => void;
}

/** One connection of a poster. */
interface PostSocket {
  readonly socket: RawSocket;
  /** Posts without an answer. */
  awaited: number;
  /** In ms of `performance.now()`. */
  usedAt: number;
}

/**
 * Sends posts without waiting for their answers, and checks each answer's status. With `keepAlive` they go out in order on
 * one connection; otherwise each has its own, so they may overtake each other.
 */
export class Poster {
  readonly #options: PosterOptions;
  #next: PostSocket | null = null;

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /** Opens the connection before there is something to post. */
  connect(connected: () => void): void {
    this.#next = this.#open(connected);
  }

  post(path: string, body: string): void {
    const { url, keepAlive, contentType } = this.#options;
    const headers = [...(keepAlive ? [] : ["Connection: close"]), `Content-Type: ${contentType}`];
    const own = this.#usable();
    own.usedAt = performance.now();
    own.awaited += 1;
    own.socket.write(postRequest(url, path, headers, body));
    // The server closes it after its answer.
    if (!keepAlive) this.#next = null;
  }

  #usable(): PostSocket {
    const known = this.#next;
    const isStale = known !== null && known.awaited === 0 && performance.now() - known.usedAt > USABLE_MS;
    if (known !== null && !isStale) return known;
    if (known !== null) this.#options.sockets.drop(known.socket);
    const fresh = this.#open();
    this.#next = fresh;
    return fresh;
  }

  #open(connected: () => void = () => {}): PostSocket {
    const { sockets, url, status, answered, failed } = this.#options;
    const answers = new AnswerReader();
    let reached = false;
    const socket = sockets.open(url, {
      connected: () => {
        reached = true;
        connected();
      },
      chunk: (bytes) => {
        for (const answer of answers.read(bytes)) {
          own.awaited -= 1;
          if (answer.status !== status) return failed(`a post was answered ${answer.status} instead of ${status}`);
          answered();
        }
      },
      closed: (reason) => {
        if (this.#next === own) this.#next = null;
        if (!reached || own.awaited > 0) failed(`posting failed: ${reason}`);
      },
    });
    const own: PostSocket = { socket, awaited: 0, usedAt: performance.now() };
    return own;
  }
}
