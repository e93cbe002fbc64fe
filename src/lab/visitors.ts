import type { WebSocket } from "ws";
import { ERRORS } from "../protocol/errors.ts";
import type { Telling } from "./control.ts";
import { LAB_LIMITS } from "./limits.ts";
import { faultOf, isOrder } from "./orders.ts";
import { NoPortError } from "./ports.ts";
import type { Ear } from "./teller.ts";
import { type Equipment, Visit } from "./visit.ts";

/** Close codes of RFC 6455, section 7.4.1, and 1013 of the IANA registry. */
const CLOSE = { goingAway: 1001, textOnly: 1003, policy: 1008, internal: 1011, later: 1013 } as const;
/** A page that answers no ping for so long is not there any more. */
const PING_MS = 20_000;
/** Who has not closed by then is cut. */
const LAST_CALL_MS = 1_000;
/** More of what was told waits in the socket: then no order is read until it has gone. */
const BACKLOG_BYTES = 1_048_576;
const SECOND_MS = 1_000;

/** Everyone in the laboratory. */
export class Visitors {
  readonly #equipment: Equipment;
  /** Those whose connection is open, and those whose ports are not free yet. */
  readonly #here = new Map<WebSocket, Promise<void>>();

  constructor(equipment: Equipment) {
    this.#equipment = equipment;
  }

  get count(): number {
    return this.#here.size;
  }

  /** Lets a visitor in, or tells it why not. The visit lasts as long as the socket. */
  receive(socket: WebSocket): void {
    // `ws` has closed with the fitting code by then.
    socket.on("error", () => undefined);
    if (this.#here.size >= LAB_LIMITS.visitors) {
      refuse(
        socket,
        `The laboratory is full: it takes ${LAB_LIMITS.visitors} visitors at once. Close another one's page.`,
      );
      return;
    }
    const visit = this.#attend(socket).finally(() => this.#here.delete(socket));
    this.#here.set(socket, visit);
    visit.catch((error) => this.#equipment.world.report(error));
  }

  /** Sends everyone away; resolves when all ports are free. */
  async close(): Promise<void> {
    const leaving = [...this.#here].map(([socket, visit]) => {
      end(socket, CLOSE.goingAway, "the server is stopping");
      const cancel = this.#equipment.world.later(LAST_CALL_MS, () => socket.terminate());
      return visit.then(cancel, cancel);
    });
    await Promise.all(leaving);
  }

  async #attend(socket: WebSocket): Promise<void> {
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // Orders that come before there is a visit wait in the socket.
    socket.pause();
    let visit: Visit;
    try {
      visit = await Visit.begin(earOf(socket), this.#equipment);
    } catch (error) {
      const message = error instanceof NoPortError ? error.message : "The laboratory's lanes could not be opened.";
      refuse(socket, message);
      if (!(error instanceof NoPortError)) throw error;
      return;
    }
    const stop = this.#listen(socket, visit);
    await gone;
    stop();
    await visit.end();
  }

  #listen(socket: WebSocket, visit: Visit): () => void {
    const { world } = this.#equipment;
    let orders = 0;
    let answered = true;
    socket.on("pong", () => {
      answered = true;
    });
    socket.on("message", (data, isBinary) => {
      orders += 1;
      if (isBinary) return end(socket, CLOSE.textOnly, "text only");
      if (orders > LAB_LIMITS.ordersPerSecond) return end(socket, CLOSE.policy, "too many orders");
      const order = parse(data.toString());
      if (order === undefined) return end(socket, ERRORS.malformed.close, "malformed");
      if (isOrder(order)) visit.carryOut(order);
      else earOf(socket).send({ type: "refused", message: faultOf(order) });
      if (socket.bufferedAmount > BACKLOG_BYTES) socket.pause();
    });
    const cancelSecond = world.every(SECOND_MS, () => {
      orders = 0;
      if (socket.isPaused && socket.bufferedAmount <= BACKLOG_BYTES) socket.resume();
    });
    const cancelPing = world.every(PING_MS, () => {
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

function earOf(socket: WebSocket): Ear {
  return {
    send: (telling) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(telling satisfies Telling));
    },
    backlog: () => socket.bufferedAmount,
    overwhelmed: () => socket.terminate(),
  };
}

/** Says why no visitor is let in, and closes. */
function refuse(socket: WebSocket, message: string): void {
  earOf(socket).send({ type: "refused", message });
  end(socket, CLOSE.later, "refused");
}

/** A paused socket would not read the other end's close frame, and so never close. */
function end(socket: WebSocket, code: number, reason: string): void {
  socket.resume();
  socket.close(code, reason);
}

/** Parsed JSON; undefined, which JSON can't say, when it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
