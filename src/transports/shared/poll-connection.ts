import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Hub, Outlet, RecurringReader, Seat, Wire } from "../../chat/ports.ts";
import type { Bye } from "../../protocol/events.ts";
import type { Cursor } from "../../protocol/ids.ts";
import { isAnswering } from "./answering.ts";
import type { PollFrame } from "./poll-frame.ts";
import { cursorIn, headOf, type PollHead } from "./poll-head.ts";

declare module "node:net" {
  interface Socket {
    /** There once it has brought a poll that may be repeated. */
    polls?: PollConnection;
  }
}

declare module "fastify" {
  interface FastifyInstance {
    /**
     * Counts one more request like the last one of its connection; false where it is to be refused, or to come by way of
     * the hooks. Left out: each request must.
     */
    readonly admitsRepeat?: (socket: Socket) => boolean;
  }
}

/** What a poll was attached with: those after it are attached with the same, but for their places. */
export interface Attached {
  readonly hub: Hub;
  readonly wire: Wire<PollFrame>;
  readonly seat: Seat;
  readonly quietMs: number;
}

interface Poll extends Attached {
  readonly head: PollHead;
  /** Counts one more request; false: it must be asked of the hooks. */
  readonly admits: (socket: Socket) => boolean;
}

type Listener = (chunk: Buffer) => void;

/** So many polls in a row that were not alike: several clients share the connection, and looking is not worth it. */
const STRANGERS = 8;

/**
 * A connection that brings one poll after the other, each the same request but for its cursor. Such a poll is known by
 * its bytes, so nothing is parsed, routed or made for it, and its answer is one write of a shared buffer, as on SSE:
 * at less CPU than a request and a response (docs/decisions/012-repeated-polls.md says how much).
 *
 * Everything else is Node's: a connection is taken when a poll was answered, and given back, with the bytes, at the first
 * request that is any different. Nothing is taken for a request that could be part of one: only after Node itself has
 * made a poll of exactly such bytes, with no other request unanswered, and has read nothing since, is it known to stand
 * between two requests.
 */
class PollConnection implements Outlet<PollFrame> {
  readonly #socket: Socket;
  #poll: Poll;
  /** Node's own, while the connection is taken. */
  #listener: Listener | null = null;
  /** Node stands between two requests. */
  #between = false;
  /** Bytes read when Node was handed a poll like the last one; -1: that was not the last thing it was handed. */
  #handedAt = -1;
  #strangers = 0;
  /** The cursor of the poll that waits; null: none does. */
  #waiting: Cursor | null = null;
  /** Of the repeats of one poll. */
  #reader: RecurringReader | null = null;

  constructor(socket: Socket, poll: Poll) {
    this.#socket = socket;
    this.#poll = poll;
    socket.once("close", () => this.#reader?.detach());
  }

  /** Takes the connection from Node, which has just answered a poll on it. */
  take(poll: Poll): void {
    // Behind this one another request was sent, whose answer is still Node's to give.
    if (isAnswering(this.#socket)) return;
    const { before, behind } = this.#poll.head;
    const isAlike = poll.head.before === before && poll.head.behind === behind;
    this.#between = isAlike && this.#handedAt === this.#socket.bytesRead;
    this.#strangers = this.#between ? 0 : this.#strangers + 1;
    this.#poll = poll;
    this.#reader = null;
    const [listener, ...others] = this.#socket.listeners("data");
    if (this.#strangers > STRANGERS || listener === undefined || others.length > 0) return;
    this.#listener = listener as Listener; // of an event with one parameter; Node types it as any function
    this.#socket.removeListener("data", this.#listener);
    this.#socket.on("data", this.#read);
  }

  write(frame: PollFrame): "done" {
    this.#waiting = null;
    // Its peer may have closed its side a moment ago.
    if (this.#socket.writable) this.#socket.write(frame.whole);
    return "done";
  }

  end(_bye: Bye, frame: PollFrame): void {
    this.write(frame);
    this.#reader?.detach();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #read = (chunk: Buffer): void => {
    const cursor = cursorIn(chunk, this.#poll.head);
    if (cursor === null || this.#waiting !== null || !this.#between || !this.#repeat(cursor)) {
      this.#giveBack(chunk, cursor !== null);
    }
  };

  /** False where it must go the whole way, were it only to be told why it is refused. */
  #repeat(cursor: Cursor): boolean {
    const { hub, wire, seat, quietMs, admits } = this.#poll;
    if (!this.#socket.writable || this.#socket.writableLength > 0 || !admits(this.#socket)) return false;
    this.#reader ??= hub.recurring(seat, wire, this, quietMs);
    this.#waiting = cursor;
    const attached = this.#reader.again(cursor);
    if (!attached) this.#waiting = null;
    return attached;
  }

  /** Node goes on as if it had read everything itself: a poll that waits is asked anew, and what came behind it is next. */
  #giveBack(chunk: Buffer, isPoll: boolean): void {
    const { head } = this.#poll;
    const listener = this.#listener;
    if (listener === null) return;
    this.#listener = null;
    this.#socket.removeListener("data", this.#read);
    this.#socket.on("data", listener);
    const waiting = this.#waiting;
    if (waiting !== null) {
      this.#waiting = null;
      this.#reader?.detach();
      listener(Buffer.from(head.before + waiting + head.behind, "latin1"));
    }
    this.#handedAt = isPoll && waiting === null ? this.#socket.bytesRead : -1;
    listener(chunk);
  }
}

/** To be called when a poll was attached by way of a request: those that follow it on its connection may be repeats. */
export function expectRepeats(request: FastifyRequest, reply: FastifyReply, attached: Attached): void {
  const { admitsRepeat: admits } = request.server;
  const head = admits === undefined ? null : headOf(request, reply);
  if (admits === undefined || head === null) return;
  const poll: Poll = { ...attached, head, admits };
  // Of `request` and `reply` nothing may be kept: the poll can be held for long.
  const { socket } = request.raw;
  const response = reply.raw;
  response.once("close", () => {
    if (socket.destroyed || !response.writableFinished) return;
    socket.polls ??= new PollConnection(socket, poll);
    socket.polls.take(poll);
  });
}
