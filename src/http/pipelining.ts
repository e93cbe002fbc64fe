import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Fastify's handler. It takes the requests of HTTP/2 as well, though its type doesn't say so. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Requests that may wait on one connection. Browsers and proxies don't pipeline, so none of theirs ever does. */
const MAX_WAITING = 32;

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
  /** Requests of each connection without a complete answer, in order. The first is being answered. */
  readonly #unanswered = new WeakMap<Socket, Exchange[]>();

  constructor(handler: HttpHandler) {
    this.#handler = handler;
  }

  /** Returns the request of this connection that is being answered, if there is one. */
  current(socket: Socket): Exchange | undefined {
    return this.#unanswered.get(socket)?.[0];
  }

  /** Handles a request now or when it is its turn. */
  readonly handle: HttpHandler = (request, response) => {
    // Streams of HTTP/2 don't wait for each other; how many there may be is a setting of the connection.
    if (request.httpVersionMajor !== 1) return this.#handler(request, response);
    const { socket } = request;
    // The rest of the chunk that closed it is still parsed.
    if (socket.destroyed) return;
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
      if (next !== undefined && !next.request.socket.destroyed) this.#answer(exchanges, next.request, next.response);
    });
    this.#handler(request, response);
  }
}
