import type { WebSocket } from "ws";
import { every } from "../../src/clock.ts";
import { ERRORS } from "../../src/protocol/errors.ts";
import type { Telling } from "./control.ts";
import type { Ear } from "./event-batcher.ts";
import { type Equipment, Visit } from "./lab-session.ts";
import { LAB_LIMITS } from "./limits.ts";
import { faultOf, isOrder } from "./orders.ts";
import { NoPortError } from "./ports.ts";

/** Close codes of RFC 6455, section 7.4.1, and 1013 of the IANA registry. */
const CLOSE = { goingAway: 1001, textOnly: 1003, policy: 1008, internal: 1011, later: 1013 } as const;
/** A page that answers no ping for so long is not there any more. */
const PING_MS = 20_000;
/** A page that has not answered the close frame by then is cut. */
const LAST_CALL_MS = 1_000;
/** More than this waits in the socket: then nothing is read from it until it has gone. */
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
      this.#refuse(
        socket,
        `The lab is full: it takes ${LAB_LIMITS.visitors} visitors at once. Close the lab in another tab.`,
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
      this.#end(socket, CLOSE.goingAway, "the server is stopping");
      return visit;
    });
    await Promise.all(leaving);
  }

  /** Closes the connection, and cuts it if the page does not close it as well. */
  #end(socket: WebSocket, code: number, reason: string): void {
    // A paused socket would not read the other end's close frame, and so never close.
    socket.resume();
    socket.close(code, reason);
    const cancel = this.#equipment.world.clock.after(LAST_CALL_MS, () => socket.terminate());
    socket.once("close", cancel);
  }

  /** Says why no visitor is let in, and closes. */
  #refuse(socket: WebSocket, message: string): void {
    earOf(socket).send({ type: "refused", message });
    this.#end(socket, CLOSE.later, "refused");
  }

  async #attend(socket: WebSocket): Promise<void> {
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // Orders that come before there is a visit wait in the socket.
    socket.pause();
    let visit: Visit;
    try {
      visit = await Visit.begin(earOf(socket), this.#equipment);
    } catch (error) {
      const message = error instanceof NoPortError ? error.message : "The lab's lanes could not be opened.";
      this.#refuse(socket, message);
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
    let heard = 0;
    let answered = true;
    let ended = false;
    const close = (code: number, reason: string): void => {
      ended = true;
      this.#end(socket, code, reason);
    };
    /** Whether what came may be looked at. Pings count too: `ws` answers each of them, whether or not anybody reads that. */
    const admits = (): boolean => {
      if (ended) return false;
      heard += 1;
      if (heard > LAB_LIMITS.ordersPerSecond) close(CLOSE.policy, "too many orders");
      return !ended;
    };
    const awaitReader = (): void => {
      if (!ended && socket.bufferedAmount > BACKLOG_BYTES) socket.pause();
    };
    socket.on("ping", () => {
      if (admits()) awaitReader();
    });
    socket.on("pong", () => {
      if (admits()) answered = true;
    });
    socket.on("message", (data, isBinary) => {
      if (!admits()) return;
      if (isBinary) return close(CLOSE.textOnly, "text only");
      const order = parse(data.toString());
      if (order === undefined) return close(ERRORS.malformed.close, "malformed");
      if (isOrder(order)) visit.carryOut(order);
      else earOf(socket).send({ type: "refused", message: faultOf(order) });
      awaitReader();
    });
    const cancelSecond = every(world.clock, SECOND_MS, () => {
      heard = 0;
      if (socket.isPaused && socket.bufferedAmount <= BACKLOG_BYTES) socket.resume();
    });
    const cancelPing = every(world.clock, PING_MS, () => {
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

/** Parsed JSON; undefined, which JSON can't say, when it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
