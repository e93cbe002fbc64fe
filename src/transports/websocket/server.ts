import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { WebSocket } from "ws";
import type { Admission, Hub, Outlet, ReaderHandle } from "../../chat/ports.ts";
import { commandIdOf, isCommand, refuse } from "../../protocol/check.ts";
import { BYES, ERRORS, type ErrorCode, ProtocolError } from "../../protocol/errors.ts";
import type { Bye } from "../../protocol/events.ts";
import type { ServerTransport, TransportContext } from "../contract.server.ts";
import { admit } from "../shared/server/admission.ts";
import { frame, textFrame } from "./wire.ts";

/** Inbound bytes that count as one message against the rate. */
const BYTES_PER_COUNT = 4_096;
/** RFC 6455, section 7.4.1: a kind of data the endpoint can't accept. */
const UNSUPPORTED_DATA = 1003;

/** WebSocket: events and commands on one connection. */
export const websocket: ServerTransport = {
  name: "websocket",
  title: "WebSocket",
  duplex: true,
  streaming: true,
  frame,

  mount(app: FastifyInstance, hub: Hub, { echo, refused }: TransportContext): void {
    const admitted = new WeakMap<
      IncomingMessage,
      { readonly admission: Admission; readonly response: ServerResponse }
    >();
    if (echo) app.route({ method: "GET", url: "/echo", handler: withoutUpgrade, wsHandler: sendBack });
    app.route({
      method: "GET",
      url: "/transports/websocket",
      // Before the upgrade, so that a refusal is still an HTTP answer.
      preValidation: async (request, reply) => {
        admitted.set(request.raw, { admission: await admit(hub, websocket.name, request), response: reply.raw });
      },
      handler: withoutUpgrade,
      wsHandler: (socket, request) => {
        const { raw } = request;
        const { admission, response } = admitted.get(raw) ?? withoutUpgrade();
        release(socket, raw, response);
        const reader = hub.attach(admission, websocket, new SocketOutlet(socket, raw.socket), hub.heartbeatMs);
        listen(socket, raw.socket, reader, { admission, hub, refused });
      },
    });
  },
};

/**
 * Releases what only the upgrade needed. The TCP socket and the plugin's `error` listener would otherwise keep request,
 * reply and response for as long as the connection: 3 KB of heap per connection.
 */
function release(socket: WebSocket, request: IncomingMessage, response: ServerResponse): void {
  response.detachSocket(request.socket);
  socket.removeAllListeners("error");
  // `ws` closes by itself after an error, with the fitting code.
  socket.on("error", () => {});
}

function withoutUpgrade(): never {
  throw new ProtocolError("malformed", {
    message: "This address takes a WebSocket upgrade (RFC 6455, section 4.1).",
  });
}

/** Sends every message back unchanged, so that a test suite can check how messages are received here. */
function sendBack(socket: WebSocket): void {
  socket.on("message", (data, binary) => socket.send(data, { binary }, () => undefined));
}

/** Writes shared frames to the TCP socket: through `ws` each would cost a header and two writes. The rest is left to `ws`. */
class SocketOutlet implements Outlet<Buffer> {
  readonly #socket: WebSocket;
  readonly #raw: Socket;

  constructor(socket: WebSocket, raw: Socket) {
    this.#socket = socket;
    this.#raw = raw;
  }

  write(frame: Buffer): "more" | "full" {
    // After a close frame nothing may follow (RFC 6455, section 5.5.1); the reader is detached when the socket closes.
    if (this.#socket.readyState !== this.#socket.OPEN) return "full";
    return this.#raw.write(frame) ? "more" : "full";
  }

  end({ reason }: Bye, frame: Buffer): void {
    this.write(frame);
    this.#socket.close(BYES[reason].close, reason);
  }

  destroy(): void {
    this.#socket.terminate();
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }
}

/** What the messages of one connection are executed with. */
interface Receiver {
  readonly admission: Admission;
  readonly hub: Hub;
  readonly refused: (code: ErrorCode) => void;
}

function listen(socket: WebSocket, raw: Socket, reader: ReaderHandle, { admission, hub, refused }: Receiver): void {
  let isOver = false;
  let bytes = 0;
  const receive = async (text: string): Promise<void> => {
    const command = parse(text);
    if (command === undefined) {
      refused("malformed");
      return socket.close(ERRORS.malformed.close, "malformed");
    }
    const reply = isCommand(command)
      ? await hub.execute(admission, command)
      : refuse(commandIdOf(command), "unprocessable");
    if (reply?.type === "refused") refused(reply.code);
    if (reply === null || socket.readyState !== socket.OPEN) return;
    // Read nothing more from a peer that does not read its replies, until it does.
    if (!raw.write(textFrame(reply))) socket.pause();
  };
  const isWithinRate = (): boolean => {
    if (isOver) return false;
    if (hub.countInbound(admission)) return true;
    isOver = true;
    refused("too_many");
    socket.close(ERRORS.too_many.close, "too_many");
    // Read and drop what the peer has sent: closing with unread bytes resets the connection, and it loses the close frame.
    raw.removeAllListeners("data");
    raw.on("data", () => undefined);
    raw.resume();
    return false;
  };
  // Bytes count too: frames that complete no message, such as fragments, would otherwise be free.
  raw.on("data", (chunk) => {
    bytes += chunk.length;
    for (; bytes >= BYTES_PER_COUNT && isWithinRate(); bytes -= BYTES_PER_COUNT);
  });
  socket.on("message", (data, isBinary) => {
    if (!isWithinRate()) return;
    reader.seen();
    if (isBinary) socket.close(UNSUPPORTED_DATA, "text only");
    else receive(data.toString()).catch(() => socket.close(ERRORS.internal.close, "internal"));
  });
  socket.on("ping", isWithinRate);
  socket.on("pong", () => {
    if (isWithinRate()) reader.seen();
  });
  raw.on("drain", () => {
    if (socket.isPaused) socket.resume();
    reader.resume();
  });
  socket.on("close", () => reader.detach());
}

/** Returns parsed JSON; undefined, which no JSON text means, if the text isn't JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
