import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Lets go of what only the upgrade needed. Request, reply and response would otherwise stay as long as the connection,
 * by the TCP socket's own pointer and the plugin's `error` listener: 3 KB of heap for each (docs/performance.md).
 */
export class Upgrades {
  readonly #responses = new WeakMap<IncomingMessage, ServerResponse>();

  /** A hook of the route, before its handler. */
  readonly remember = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    this.#responses.set(request.raw, reply.raw);
    done();
  };

  /** To be called once the request has become a WebSocket. */
  forget(socket: EventEmitter, request: IncomingMessage): void {
    this.#responses.get(request)?.detachSocket(request.socket);
    socket.removeAllListeners("error");
    // `ws` closes by itself after an error, with the fitting code.
    socket.on("error", () => {});
  }
}
