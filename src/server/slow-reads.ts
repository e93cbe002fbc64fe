import type { Http2Stream } from "node:http2";
import type { Server, Socket } from "node:net";
import type { Settings } from "../chat/settings.ts";
import { type Clock, every } from "../clock.ts";

/** Checks per `unreadMs`. */
const CHECKS_PER_DEADLINE = 5;
/** Longest interval between checks. A new answer is counted when it is written, but an open event stream grows on. */
const MAX_CHECK_INTERVAL_MS = 1_000;
/** Requests that may be handled before their unread bytes are counted. */
const UNCOUNTED = 16;

interface Deadline {
  /**
   * Socket: the bytes written to it at `since`, all of which the peer must take. HTTP/2 stream: `writableLength` at the
   * last check, which must shrink.
   */
  mark: number;
  /** Monotonic ms. */
  since: number;
}

/** Where an answer waits to be read: a connection or, on HTTP/2, one of its streams. */
type Outgoing = Socket | Http2Stream;

/**
 * Cuts connections whose peer does not read: an answer that is never read would stay in memory forever.
 *
 * A connection must take within `unreadMs` what waits on it; an HTTP/2 stream must take some of it. What is written later
 * has its own deadline. If the bytes that wait on all connections exceed the server's budget, the address with the most
 * bytes loses connections, those that have waited longest first.
 */
export class SlowReads {
  readonly #unreadMs: number;
  readonly #unreadBytes: number;
  /** Bytes of the longest answer that is held in memory: a batch of events or a page of history. */
  readonly #maxInMemoryAnswer: number;
  readonly #clock: Clock;
  readonly #all = new Set<Outgoing>();
  readonly #deadlines = new Map<Outgoing, Deadline>();
  /** Written to since the last count. */
  readonly #written: Outgoing[] = [];
  /** Bytes in memory at the last count. The first entry has waited longest. */
  readonly #heldBytes = new Map<Outgoing, number>();
  #total = 0;

  constructor(settings: Pick<Settings, "unreadMs" | "unreadBytes" | "batchBytes">, clock: Clock) {
    this.#unreadMs = settings.unreadMs;
    this.#unreadBytes = settings.unreadBytes;
    this.#maxInMemoryAnswer = settings.batchBytes;
    this.#clock = clock;
  }

  /** Watches all connections of a server until it is closed. */
  watch(server: Server): void {
    server.on("setSecureContext" in server ? "secureConnection" : "connection", (socket: Socket) => this.add(socket));
    // If an HTTP/2 peer opens no window, bytes wait in the stream and its connection shows none of them.
    server.on("stream", (stream: Http2Stream) => this.add(stream));
    server.once("listening", () =>
      server.once(
        "close",
        every(this.#clock, Math.min(this.#unreadMs / CHECKS_PER_DEADLINE, MAX_CHECK_INTERVAL_MS), () => this.check()),
      ),
    );
  }

  add(outgoing: Outgoing): void {
    this.#all.add(outgoing);
    outgoing.once("close", () => {
      this.#all.delete(outgoing);
      this.#deadlines.delete(outgoing);
    });
  }

  /** Schedules a count of the answer's unread bytes. Deferred, because a handler may write its answer later in this turn. */
  readonly wrote = (outgoing: Outgoing): void => {
    if (this.#written.push(outgoing) === 1) setImmediate(this.#count);
    else if (this.#written.length >= UNCOUNTED) this.#count();
  };

  check(): void {
    const now = this.#clock.monotonicNow();
    for (const outgoing of this.#all) {
      const waiting = outgoing.writableLength;
      if (waiting === 0) {
        this.#deadlines.delete(outgoing);
        continue;
      }
      this.#updateHeld(outgoing);
      const deadline = this.#deadlines.get(outgoing);
      if (deadline === undefined || hasTaken(outgoing, deadline.mark)) {
        this.#deadlines.set(outgoing, { mark: isSocket(outgoing) ? outgoing.bytesWritten : waiting, since: now });
      } else if (now - deadline.since >= this.#unreadMs) outgoing.destroy();
      else if (!isSocket(outgoing)) deadline.mark = waiting;
    }
    this.#recount();
    this.#cutToBudget();
  }

  readonly #count = (): void => {
    for (const outgoing of this.#written) this.#updateHeld(outgoing);
    this.#written.length = 0;
    if (this.#total <= this.#unreadBytes) return;
    // Peers may have read much of it since.
    this.#recount();
    this.#cutToBudget();
  };

  #recount(): void {
    for (const outgoing of this.#heldBytes.keys()) this.#updateHeld(outgoing);
  }

  #updateHeld(outgoing: Outgoing): void {
    const before = this.#heldBytes.get(outgoing) ?? 0;
    const now = this.#heldBy(outgoing);
    if (now === 0) this.#heldBytes.delete(outgoing);
    else if (now !== before) this.#heldBytes.set(outgoing, now);
    this.#total += now - before;
  }

  /**
   * Returns how much memory the unread part of an answer occupies. HTTP/2 hands an answer to its stream in pieces while
   * the whole body stays in memory, so count the whole body. Much longer answers are files, which are streamed.
   */
  #heldBy(outgoing: Outgoing): number {
    const { writableLength: waiting, destroyed } = outgoing;
    if (waiting === 0 || destroyed) return 0;
    const whole = isSocket(outgoing) ? 0 : Number(outgoing.sentHeaders["content-length"] ?? 0);
    return Math.max(waiting, Math.min(whole, this.#maxInMemoryAnswer));
  }

  /** Cuts connections down to three quarters of the budget, so that the next answer does not cause another full count. */
  #cutToBudget(): void {
    if (this.#total <= this.#unreadBytes) return;
    const callers = new Map<unknown, { bytes: number; readonly outgoing: Outgoing[] }>();
    for (const [outgoing, bytes] of this.#heldBytes) {
      const caller = callerOf(outgoing);
      const known = callers.get(caller);
      if (known === undefined) callers.set(caller, { bytes, outgoing: [outgoing] });
      else {
        known.bytes += bytes;
        known.outgoing.push(outgoing);
      }
    }
    const all = [...callers.values()].map((caller) => ({ ...caller, outgoing: caller.outgoing.values() }));
    while (this.#total > this.#unreadBytes * 0.75) {
      const most = all.reduce((one, other) => (other.bytes > one.bytes ? other : one));
      const { value: oldest } = most.outgoing.next();
      if (oldest === undefined) return;
      most.bytes -= this.#heldBytes.get(oldest) ?? 0;
      oldest.destroy();
      this.#updateHeld(oldest);
    }
  }
}

function isSocket(outgoing: Outgoing): outgoing is Socket {
  return "bytesWritten" in outgoing;
}

function hasTaken(outgoing: Outgoing, mark: number): boolean {
  const { writableLength: waiting } = outgoing;
  return isSocket(outgoing) ? outgoing.bytesWritten - waiting >= mark : waiting < mark;
}

/** Returns the key under which unread bytes are summed: the connection's caller, or its address if none are limited. */
function callerOf(outgoing: Outgoing): unknown {
  const socket = isSocket(outgoing) ? outgoing : outgoing.session?.socket;
  return socket?.connection?.caller ?? socket?.remoteAddress;
}
