import type { IncomingMessage, ServerResponse } from "node:http";
import { Http2ServerRequest, type Http2Session, type Http2Stream } from "node:http2";
import type { Socket } from "node:net";

/** Fastify's handler. It takes the requests of HTTP/2 as well, though its type doesn't say so. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Called with what an answer is written to, after its request was carried out. */
export type OnWrote = (outgoing: Socket | Http2Stream) => void;

/** Requests that may wait on one connection. Browsers and proxies don't pipeline, so none of theirs ever does. */
const MAX_WAITING = 32;

/** While a connection of HTTP/2 has more bytes than this to take, none of its further requests is carried out. */
const MAX_UNREAD_BYTES = 262_144;

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Answers the pipelined requests of an HTTP/1.1 connection one at a time. Node hands over every request as soon as it is
 * parsed and keeps the answers until it is their turn: a peer that reads nothing could have hundreds of answers, open
 * files or held polls prepared by one segment. Here a request is routed only when the answer before it has been written
 * to the socket, so a connection costs one answer, whatever it sends. A connection on which more than 32 requests wait is closed.
 */
export class Pipelining {
  readonly #handler: HttpHandler;
  readonly #wrote: OnWrote;
  /** Requests of each connection without a complete answer, in order. The first is being answered. */
  readonly #unanswered = new WeakMap<Socket, Exchange[]>();

  readonly #streams: Multiplexing;

  constructor(handler: HttpHandler, wrote: OnWrote = () => undefined) {
    this.#handler = handler;
    this.#wrote = wrote;
    this.#streams = new Multiplexing(handler, wrote);
  }

  /** Returns the request of this connection that is being answered, if there is one. */
  current(socket: Socket): Exchange | undefined {
    return this.#unanswered.get(socket)?.[0];
  }

  /** Handles a request now or when it is its turn. */
  readonly handle: HttpHandler = (request, response) => {
    if (request instanceof Http2ServerRequest) return this.#streams.handle(request, response);
    const { socket } = request;
    // What else there is of the chunk that closed it is still parsed. Behind the last answer there is none (RFC 9112, 9.6).
    if (socket.destroyed || socket.writableEnded) {
      // Node ends each with an error and its stack otherwise: half of what such a flood costs.
      if (!socket.destroyed) return;
      request.destroy();
      if (socket.connection !== undefined) socket.connection.surplus += 1;
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

/** The streams of one connection of HTTP/2, but for those that have ended. */
interface Streams {
  /** Their requests are being answered. */
  readonly open: Set<Http2Stream>;
  /** In order, and no more of them than the connection may have streams. */
  readonly waiting: Map<Http2Stream, Exchange>;
  /** One has been carried out in this turn of the event loop; what it writes is known in the next. */
  isBusy: boolean;
}

/**
 * The same for HTTP/2, where answers don't wait for each other: a held poll must not hold up a command. A request is carried out
 * unless its connection has answers to take, which a peer that opens no window never does.
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
      // Its connection is being closed, one stream after the other.
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
