import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { Hub, Outlet } from "../../chat/ports.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { Bye } from "../../protocol/events.ts";
import type { Cursor } from "../../protocol/ids.ts";
import type { ServerTransport } from "../contract.server.ts";
import { withAdmission } from "../shared/server/admission.ts";
import { frame, opening } from "./wire.ts";

/** Server-Sent Events: one response that stays open and carries all events. */
export const sse: ServerTransport = {
  name: "sse",
  title: "Server-Sent Events",
  duplex: false,
  streaming: true,
  frame,

  mount(app: FastifyInstance, hub: Hub): void {
    app.setErrorHandler((error, _request, reply) => {
      // 204 tells a native EventSource not to reconnect.
      if (error instanceof ProtocolError && error.code === "superseded") {
        return reply.code(204).headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" }).send();
      }
      throw error;
    });
    const answer = withAdmission(hub, sse.name, (admission, request, reply) => {
      reply.hijack();
      const outlet = new StreamOutlet(reply.raw, request.crossOrigin, admission.cursor);
      const reader = hub.attach(admission, sse, outlet, hub.heartbeatMs);
      outlet.sink.on("drain", () => reader.resume());
      reply.raw.on("close", () => reader.detach());
    });
    app.get("/transports/sse", answer);
  },
};

/** `X-Accel-Buffering` and `no-transform` ask proxies to pass each event on as it comes. */
const HEAD = [
  "Content-Type",
  "text/event-stream; charset=utf-8",
  "Cache-Control",
  "no-store, no-transform",
  "X-Content-Type-Options",
  "nosniff",
  "X-Accel-Buffering",
  "no",
];
/** Not for HTTP/2: there a stream ends by itself, and the header is forbidden (RFC 9113, 8.2.2). */
const CLOSE = ["Connection", "close"];

/** The response's body ends with its connection (RFC 9112, 6.3): without chunks, all readers are written the same buffer. */
class StreamOutlet implements Outlet<Buffer> {
  /**
   * Where events are written. On HTTP/1.1 it is the response's own socket, after its head: `response.write` would cork it,
   * and uncork it in a task of its own, for every reader. That costs 1.25 times a bare socket's CPU per event instead of
   * 1.10 (docs/performance.md). On HTTP/2, where a response has no socket of its own, it is the response.
   */
  readonly sink: Writable;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse, crossOrigin: readonly string[], cursor: Cursor) {
    this.#response = response;
    response.removeHeader("Transfer-Encoding");
    const ownSocket = response.req.httpVersionMajor === 1;
    response.writeHead(200, [...HEAD, ...(ownSocket ? CLOSE : []), ...crossOrigin]);
    response.write(opening(cursor));
    this.sink = (ownSocket ? response.socket : null) ?? response;
    // Turned off: with heartbeats the server's timeout for silent connections would never fire, but re-arm at each write.
    if (ownSocket) response.socket?.setTimeout(0);
  }

  write(frame: Buffer): "more" | "full" {
    return this.sink.write(frame) ? "more" : "full";
  }

  end(_bye: Bye, frame: Buffer): void {
    this.#response.end(frame);
  }

  destroy(): void {
    this.#response.destroy();
  }
}
