import type { WebSocket } from "ws";
import { every } from "../../src/clock.ts";
import { ERRORS } from "../../src/protocol/errors.ts";
import { LAB_LIMITS, type LabMessage } from "./control.ts";
import { jsonOrUndefined } from "./decoder/json.ts";
import type { LabOutlet } from "./event-batcher.ts";
import { type LabDeps, LabSession } from "./lab-session.ts";
import { describeInvalid, isOrder } from "./orders.ts";
import { NoPortError } from "./ports.ts";

/** Close codes of RFC 6455, section 7.4.1, and 1013 of the IANA registry. */
const CLOSE = { goingAway: 1001, textOnly: 1003, policy: 1008, tryLater: 1013 } as const;
/** A page that does not answer a ping within this time is disconnected. */
const PING_MS = 20_000;
/** A page that does not answer the close frame within this time is disconnected. */
const CLOSE_GRACE_MS = 1_000;
/** While the socket has more unsent bytes, nothing is read from it. */
const MAX_UNSENT_BYTES = 1_048_576;
const SECOND_MS = 1_000;

/** All sessions of the lab, each with its visitor's WebSocket. */
export class LabSessions {
  readonly #deps: LabDeps;
  /** Settles once the connection is closed and the ports are free. */
  readonly #closed = new Map<WebSocket, Promise<void>>();

  constructor(deps: LabDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#closed.size;
  }

  /** Opens a session that lasts as long as the socket, or sends `refused` and closes. */
  accept(socket: WebSocket): void {
    // `ws` has already closed it with the appropriate code.
    socket.on("error", () => undefined);
    if (this.#closed.size >= LAB_LIMITS.visitors) {
      this.#refuse(
        socket,
        `The lab is full: it takes ${LAB_LIMITS.visitors} visitors at once. Close the lab in another tab.`,
      );
      return;
    }
    const closed = this.#serve(socket).finally(() => this.#closed.delete(socket));
    this.#closed.set(socket, closed);
    closed.catch((error) => this.#deps.report(error));
  }

  /** Closes all sessions. Resolves when all ports are free. */
  async close(): Promise<void> {
    const closing = [...this.#closed].map(([socket, closed]) => {
      this.#close(socket, CLOSE.goingAway, "the server is stopping");
      return closed;
    });
    await Promise.all(closing);
  }

  /** Closes the connection, and disconnects it if the page does not close it in time. */
  #close(socket: WebSocket, code: number, reason: string): void {
    // A paused socket would never read the other end's close frame.
    socket.resume();
    socket.close(code, reason);
    const cancel = this.#deps.clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    socket.once("close", cancel);
  }

  #refuse(socket: WebSocket, message: string): void {
    outletOf(socket).send({ type: "refused", message });
    this.#close(socket, CLOSE.tryLater, "refused");
  }

  async #serve(socket: WebSocket): Promise<void> {
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // Early orders wait in the socket until the session is open.
    socket.pause();
    let session: LabSession;
    try {
      session = await LabSession.open(outletOf(socket), this.#deps);
    } catch (error) {
      const message = error instanceof NoPortError ? error.message : "The lab's lanes could not be opened.";
      this.#refuse(socket, message);
      if (!(error instanceof NoPortError)) throw error;
      return;
    }
    const stop = this.#listen(socket, session);
    await gone;
    stop();
    await session.close();
  }

  #listen(socket: WebSocket, session: LabSession): () => void {
    const { clock } = this.#deps;
    let receivedThisSecond = 0;
    let answered = true;
    let ended = false;
    const close = (code: number, reason: string): void => {
      ended = true;
      this.#close(socket, code, reason);
    };
    /** Counts a message and returns whether to handle it. Pings count too: `ws` answers each, even if nobody reads the pongs. */
    const admit = (): boolean => {
      if (ended) return false;
      receivedThisSecond += 1;
      if (receivedThisSecond > LAB_LIMITS.ordersPerSecond) close(CLOSE.policy, "too many orders");
      return !ended;
    };
    const pauseIfUnread = (): void => {
      if (!ended && socket.bufferedAmount > MAX_UNSENT_BYTES) socket.pause();
    };
    socket.on("ping", () => {
      if (admit()) pauseIfUnread();
    });
    socket.on("pong", () => {
      if (admit()) answered = true;
    });
    socket.on("message", (data, isBinary) => {
      if (!admit()) return;
      if (isBinary) return close(CLOSE.textOnly, "text only");
      const order = jsonOrUndefined(data.toString());
      if (order === undefined) return close(ERRORS.malformed.close, "malformed");
      if (isOrder(order)) session.carryOut(order);
      else outletOf(socket).send({ type: "refused", message: describeInvalid(order) });
      pauseIfUnread();
    });
    const cancelSecond = every(clock, SECOND_MS, () => {
      receivedThisSecond = 0;
      if (socket.isPaused && socket.bufferedAmount <= MAX_UNSENT_BYTES) socket.resume();
    });
    const cancelPing = every(clock, PING_MS, () => {
      if (!answered) return socket.terminate();
      answered = false;
      if (socket.readyState === socket.OPEN) socket.ping();
    });
    socket.resume();
    return () => {
      cancelSecond();
      cancelPing();
    };
  }
}

function outletOf(socket: WebSocket): LabOutlet {
  return {
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message satisfies LabMessage));
    },
    unsentBytes: () => socket.bufferedAmount,
    disconnect: () => socket.terminate(),
  };
}
