import type { Socket } from "node:net";
import websocketPlugin from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import type { WebSocket } from "ws";
import type { Hub, Outlet, ReaderHandle, Seat } from "../../chat/ports.ts";
import { commandIdOf, isCommand, refuse } from "../../protocol/check.ts";
import { BYES, ERRORS, type ErrorCode, ProtocolError } from "../../protocol/errors.ts";
import type { Bye } from "../../protocol/events.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { ServerTransport } from "../contract.server.ts";
import { admission, seatOf } from "../shared/admission.ts";
import { answerRaw } from "../shared/raw-answer.ts";
import { Upgrades } from "../shared/upgrades.ts";
import { frame, textFrame } from "./wire.ts";

const SUBPROTOCOL = "skyrocket.v1";
/** RFC 6455, section 7.4.1: a kind of data the endpoint can't accept. */
const UNSUPPORTED_DATA = 1003;

/** Both ways on one connection. */
export const websocket: ServerTransport = {
  name: "websocket",
  title: "WebSocket",
  duplex: true,
  streaming: true,
  frame,

  mount(app: FastifyInstance, hub: Hub): void {
    app.register(websocketPlugin, {
      options: {
        maxPayload: LIMITS.bodyBytes,
        perMessageDeflate: false,
        handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
      },
      // `ws` has closed with the fitting code by then; to terminate, as the plugin would, loses that close frame.
      errorHandler: () => {},
    });
    const refused = (code: ErrorCode): void => app.refused(code);
    app.register(async (routes) => {
      const preValidation = admission(hub, websocket.name);
      const upgrades = new Upgrades();
      routes.websocketServer.on("wsClientError", (_error, connection) => answerRaw(connection, "malformed"));
      if (app.echo === true) routes.route({ method: "GET", url: "/echo", handler: withoutUpgrade, wsHandler: echo });
      routes.route({
        method: "GET",
        url: "/transports/websocket",
        preValidation,
        preHandler: upgrades.remember,
        handler: withoutUpgrade,
        wsHandler: (socket, request) => {
          const seat = seatOf(request);
          const raw = request.raw.socket;
          upgrades.forget(socket, request.raw);
          const reader = hub.attach(seat, websocket, new SocketOutlet(socket, raw), hub.heartbeatMs);
          listen(socket, raw, reader, { seat, hub, refused });
        },
      });
    });
  },
};

function withoutUpgrade(): never {
  throw new ProtocolError("malformed", {
    message: "This address takes a WebSocket upgrade (RFC 6455, section 4.1).",
  });
}

/** Sends every message back as it came: what is judged by it is how messages are received here. */
function echo(socket: WebSocket): void {
  socket.on("message", (data, binary) => socket.send(data, { binary }, () => undefined));
}

/** Shared frames go to the TCP socket itself, which `ws` would cost a header and two writes each; all else stays with `ws`. */
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

  probe(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }
}

interface Sender {
  readonly seat: Seat;
  readonly hub: Hub;
  readonly refused: (code: ErrorCode) => void;
}

function listen(socket: WebSocket, raw: Socket, reader: ReaderHandle, { seat, hub, refused }: Sender): void {
  const receive = async (text: string): Promise<void> => {
    const command = parse(text);
    if (command === undefined) {
      refused("malformed");
      return socket.close(ERRORS.malformed.close, "malformed");
    }
    const reply = isCommand(command) ? await hub.execute(seat, command) : refuse(commandIdOf(command), "unprocessable");
    if (reply?.type === "refused") refused(reply.code);
    if (reply === null || socket.readyState !== socket.OPEN) return;
    // Who does not read its replies is not listened to until it does.
    if (!raw.write(textFrame(reply))) socket.pause();
  };
  socket.on("message", (data, isBinary) => {
    reader.seen();
    hub.heard(seat, socket);
    if (isBinary) socket.close(UNSUPPORTED_DATA, "text only");
    else receive(data.toString()).catch(() => socket.close(ERRORS.internal.close, "internal"));
  });
  socket.on("pong", () => reader.seen());
  raw.on("drain", () => {
    if (socket.isPaused) socket.resume();
    reader.resume();
  });
  socket.on("close", () => reader.detach());
}

/** Parsed JSON; undefined, which JSON can't say, when it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
