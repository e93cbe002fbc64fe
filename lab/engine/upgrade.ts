import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { answerRaw } from "../../src/transports/shared/raw-answer.ts";

/**
 * Returns a route's handler that makes the request a WebSocket. The server's @fastify/websocket routes the upgrade; `ws` is
 * used directly, because an order may be larger than a message of the chat.
 */
export function upgradeHandler(
  app: FastifyInstance,
  path: string,
  maxPayload: number,
  received: (socket: WebSocket) => void,
): (request: FastifyRequest, reply: FastifyReply) => void {
  const server = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
  server.on("wsClientError", (_error, connection) => answerRaw(connection, "malformed"));
  /** Bytes that came with the upgrade's head, by its request. */
  const heads = new WeakMap<IncomingMessage, Buffer>();
  const onUpgrade = (request: IncomingMessage, _socket: unknown, head: Buffer): void => {
    // Of no other upgrade: the head of a reader's would be kept as long as its connection.
    if (request.url?.startsWith(path) === true) heads.set(request, head);
  };
  app.server.prependListener("upgrade", onUpgrade);
  app.addHook("onClose", (_instance, done) => {
    app.server.removeListener("upgrade", onUpgrade);
    done();
  });
  return (request, reply) => {
    const head = heads.get(request.raw);
    if (head === undefined) {
      const message = "This address takes a WebSocket upgrade (RFC 6455, section 4.1).";
      throw new ProtocolError("malformed", { message });
    }
    reply.hijack();
    server.handleUpgrade(request.raw, request.raw.socket, head, received);
  };
}
