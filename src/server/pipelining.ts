import type { IncomingMessage, ServerResponse } from "node:http";
import { Http2ServerRequest, type Http2Session, type Http2Stream } from "node:http2";
import type { Socket } from "node:net";

/** Fastify's handler. It takes the requests of HTTP/2 as well, though its type doesn't say so. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Called with the connection or stream of a request, after its handler has run. */
export type OnWrote = (outgoing: Socket | Http2Stream) => void;

/** Requests that may wait on one connection. Those of browsers and proxies never wait, since they don't pipeline. */
const MAX_WAITING = 32;

/** An HTTP/2 connection with more unread bytes than this has its further requests wait. */
const MAX_UNREAD_BYTES = 262_144;

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Answers the pipelined requests of an HTTP/1.1 connection one at a time.
 *
 * Node calls the handler for every request that it has parsed and queues the answers. One segment could thus make the
 * server prepare hundreds of answers, open files or held polls for a peer that reads nothing. Here a request is routed only
 * when the previous answer has been written to the socket. A connection with more than 32 waiting requests is closed.
 */
export class Pipelining {
  readonly #handler: HttpHandler;
  readonly #wrote: OnWrote;
  /** The unanswered requests of each connection, in order. The first is being answered. */
  readonly #unanswered = new WeakMap<Socket, Exchange[]>();

  readonly #streams: Multiplexing;

  constructor(handler: HttpHandler, wrote: OnWrote = () => undefined) {
    this.#handler = handler;
    this.#wrote = wrote;
    this.#streams = new Multiplexing(handler, wrote);
  }

  /** Returns the request that is being answered on this connection, if any. */
  current(socket: Socket): Exchange | undefined {
    return this.#unanswered.get(socket)?.[0];
  }

  /** Handles a request, now or after those before it. */
  readonly handle: HttpHandler = (request, response) => {
    if (request instanceof Http2ServerRequest) return this.#streams.handle(request, response);
    const { socket } = request;
    // Node still parses the rest of the chunk. Requests after the last answer are ignored (RFC 9112, 9.6).
    if (socket.destroyed || socket.writableEnded) {
      if (!socket.destroyed) return;
      // Otherwise Node ends each request with an error and its stack, which is half the cost of such a flood.
      request.destroy();
      if (socket.connection !== undefined) socket.connection.requestsAfterClose += 1;
      return;
    }
    let exchanges = this.#unanswered.get(socket);
    if (exchanges === undefined) {
      exchanges = [];
      this.#unanswered.set(socket, exchanges);
    }
    exchanges.push({ request, response });
    if (exchanges.length === 1) this.#answer(exchanges, request, response);
    else if (exchanges.length > MAX_WAITING + 1) socket.destroy();
  };

  #answer(exchanges: Exchange[], request: IncomingMessage, response: ServerResponse): void {
    response.once("close", () => {
      exchanges.shift();
      const next = exchanges[0];
      const { destroyed, writableEnded } = request.socket;
      if (next !== undefined && !destroyed && !writableEnded) this.#answer(exchanges, next.request, next.response);
    });
    this.#handler(request, response);
    this.#wrote(request.socket);
  }
}

/** The streams of one HTTP/2 connection that have not ended. */
interface Streams {
  /** Their requests are being answered. */
  readonly open: Set<Http2Stream>;
  /** Requests that wait, in order. The limit on streams bounds them. */
  readonly waiting: Map<Http2Stream, Exchange>;
  /** True after a request was handled in this turn of the event loop: how much it wrote is known in the next. */
  isBusy: boolean;
}

/**
 * The counterpart for HTTP/2, where answers don't wait for each other: a held poll must not delay a command. A request
 * waits only while too much of earlier answers is unread on its connection, as with a peer that opens no window.
 */
class Multiplexing {
  readonly #handler: HttpHandler;
  readonly #wrote: OnWrote;
  readonly #sessions = new WeakMap<Http2Session, Streams>();

  constructor(handler: HttpHandler, wrote: OnWrote) {
    this.#handler = handler;
    this.#wrote = wrote;
  }

  handle(request: IncomingMessage & Http2ServerRequest, response: ServerResponse): void {
    const { stream } = request;
    const { session } = stream;
    if (session === undefined) return;
    let streams = this.#sessions.get(session);
    if (streams === undefined) {
      streams = { open: new Set(), waiting: new Map(), isBusy: false };
      this.#sessions.set(session, streams);
    }
    const own = streams;
    own.waiting.set(stream, { request, response });
    stream.once("close", () => {
      own.waiting.delete(stream);
      own.open.delete(stream);
      this.#next(own);
    });
    this.#next(own);
  }

  #next(streams: Streams): void {
    if (streams.isBusy || unreadBytes(streams.open) > MAX_UNREAD_BYTES) return;
    for (const [stream, { request, response }] of streams.waiting) {
      streams.waiting.delete(stream);
      // The connection is being closed, one stream after the other.
      if (stream.destroyed) continue;
      streams.open.add(stream);
      stream.on("drain", () => this.#next(streams));
      streams.isBusy = true;
      setImmediate(() => {
        streams.isBusy = false;
        this.#next(streams);
      });
      this.#handler(request, response);
      this.#wrote(stream);
      return;
    }
  }
}

function unreadBytes(streams: ReadonlySet<Http2Stream>): number {
  let bytes = 0;
  for (const { writableLength } of streams) bytes += writableLength;
  return bytes;
}
