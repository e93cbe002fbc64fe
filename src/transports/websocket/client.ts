import type { RepliedCommand, Reply } from "../../protocol/commands.ts";
import { BYES, ERRORS, isErrorCode, ProtocolError } from "../../protocol/errors.ts";
import { SUBPROTOCOL } from "../../protocol/limits.ts";
import { type Attach, badAnswer, type ClientTransport, LinkError, type Platform } from "../contract.ts";
import { callJson, requestMs } from "../shared/client/http.ts";
import { isDownEvent, isReply, parseJson } from "../shared/client/incoming.ts";
import { runLink } from "../shared/client/run-link.ts";

const name = "websocket";
/** Several times the largest event. */
const MAX_MESSAGE_CHARACTERS = 1_048_576;

function addressOf(attach: Attach): URL {
  const url = new URL(`transports/${name}`, attach.base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("session", attach.session);
  url.searchParams.set("reader", String(attach.reader));
  if (attach.after !== undefined) url.searchParams.set("after", attach.after);
  return url;
}

/** Returns the error that a close code means if no `bye` came before it. */
function errorOfCode(code: number): Error {
  const entry = Object.entries(ERRORS).find(([, { close }]) => close === code)?.[0];
  if (isErrorCode(entry)) return new ProtocolError(entry);
  const bye = Object.entries(BYES).find(([, { close }]) => close === code)?.[0];
  return new LinkError(`The WebSocket was closed with code ${code}${bye === undefined ? "" : ` (${bye})`}.`);
}

/** Resolves to why an upgrade failed. Browsers hide it, but a plain request for the same session shows it. */
async function reasonOfRefusal(attach: Attach, platform: Platform, signal: AbortSignal): Promise<Error> {
  const { base, session, reader } = attach;
  try {
    await callJson(
      platform,
      { base, session, path: "api/sessions/current", query: { reader: String(reader) } },
      signal,
    );
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof LinkError) return error;
    throw error;
  }
  return new LinkError("The WebSocket could not be opened though the session is good. A proxy may block WebSockets.");
}

interface PendingReply {
  resolve(reply: Reply): void;
  reject(error: LinkError): void;
}

/** The commands sent over one socket that have no reply yet. */
class PendingReplies {
  readonly #waiting = new Map<string, PendingReply>();

  /** Sends a command by `transmit` and resolves to its reply. Rejects with LinkError if none comes in time. */
  async expect(command: RepliedCommand, platform: Platform, transmit: () => void): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const waiting: PendingReply = { resolve, reject };
    this.#waiting.get(command.id)?.reject(new LinkError("The command was sent again."));
    this.#waiting.set(command.id, waiting);
    const ms = requestMs(platform);
    const cancel = platform.clock.after(ms, () =>
      reject(new LinkError(`No reply within ${ms / 1_000} s.`, { kind: "timed_out" })),
    );
    try {
      transmit();
      return await promise;
    } finally {
      cancel();
      if (this.#waiting.get(command.id) === waiting) this.#waiting.delete(command.id);
    }
  }

  take(reply: Reply): void {
    this.#waiting.get(reply.id)?.resolve(reply);
  }

  failAll(error: LinkError): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
  }
}

/** WebSocket: events and commands on one connection. */
export const websocket: ClientTransport = {
  name,
  title: "WebSocket",
  duplex: true,
  streaming: true,
  supported: (platform) => platform.WebSocket !== undefined,
  connect(attach, platform, signal) {
    const replies = new PendingReplies();
    let socket: WebSocket | null = null;
    return runLink(
      signal,
      async (sink) => {
        if (platform.WebSocket === undefined)
          throw new LinkError("WebSocket is not available here. Use another transport.");
        if (signal.aborted) return;
        const opening = new platform.WebSocket(addressOf(attach), SUBPROTOCOL);
        socket = opening;
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        let opened = false;
        let isOver = false;
        const listeners = new AbortController();
        const listen = <Type extends keyof WebSocketEventMap>(
          type: Type,
          task: (event: WebSocketEventMap[Type]) => void,
        ) => opening.addEventListener(type, task, { signal: listeners.signal });
        listen("open", () => {
          opened = true;
        });
        listen("message", ({ data }) => {
          try {
            if (data.length > MAX_MESSAGE_CHARACTERS) throw badAnswer("An event is too large to be Skyrocket's");
            const value: unknown = typeof data === "string" ? parseJson(data) : undefined;
            if (isReply(value)) return replies.take(value);
            if (!isDownEvent(value) || isOver) return;
            sink.emit(value);
            isOver = value.type === "bye";
            if (isOver) resolve();
          } catch (error) {
            reject(error);
          }
        });
        listen("close", ({ code }) => {
          if (opened) reject(errorOfCode(code));
          else reasonOfRefusal(attach, platform, signal).then(reject, reject);
        });
        const onAbort = (): void => reject(new LinkError("The link was aborted."));
        signal.addEventListener("abort", onAbort);
        try {
          await promise;
        } finally {
          signal.removeEventListener("abort", onAbort);
          listeners.abort();
          socket = null;
          replies.failAll(new LinkError("The WebSocket was closed before the reply came."));
          opening.close(1000);
        }
      },
      async (command) => {
        const open = socket;
        if (open === null || open.readyState !== open.OPEN) throw new LinkError("The WebSocket is not open.");
        return replies.expect(command, platform, () => open.send(JSON.stringify(command)));
      },
    );
  },
};
