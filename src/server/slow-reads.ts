import type { Http2Stream } from "node:http2";
import type { Server, Socket } from "node:net";
import { DEFAULT_SETTINGS, type Settings } from "../chat/settings.ts";
import { type Clock, every } from "../clock.ts";

/** Looks this often within the time a connection has, */
const LOOKS = 5;
/** and at least this often, since streams of events grow without a request. */
const LOOK_MS = 1_000;
/** The most requests carried out before the bytes they left unread are counted. */
const UNCOUNTED = 16;

/** Bytes of the longest answer that is not read from a file: a batch of events, or a page of history. */
const MOST_KEPT = DEFAULT_SETTINGS.batchBytes;

interface Unread {
  /** Of a connection: as many bytes must have been taken. Of a stream, which counts none: fewer than these must wait. */
  mark: number;
  /** Monotonic ms. */
  since: number;
}

/** Where an answer waits to be taken: a connection or, on HTTP/2, one of its streams. */
type Outgoing = Socket | Http2Stream;

/**
 * Cuts connections whose peer does not take what was written to it: else an answer that is never read would stay in
 * memory forever. A connection that takes its bytes, however many are waiting behind them, is left alone, unless the
 * bytes that wait on all connections exceed the server's budget. Then the address with the most of them loses
 * connections, those first that have waited longest.
 */
export class SlowReads {
  readonly #unreadMs: number;
  readonly #unreadBytes: number;
  readonly #clock: Clock;
  readonly #all = new Set<Outgoing>();
  readonly #unread = new Map<Outgoing, Unread>();
  /** Written to since bytes were counted last. */
  readonly #written: Outgoing[] = [];
  /** Bytes that waited when they were counted last; the first has waited longest. */
  readonly #waiting = new Map<Outgoing, number>();
  #total = 0;

  constructor({ unreadMs, unreadBytes }: Pick<Settings, "unreadMs" | "unreadBytes">, clock: Clock) {
    this.#unreadMs = unreadMs;
    this.#unreadBytes = unreadBytes;
    this.#clock = clock;
  }

  /** Watches over all connections of a server until it is closed. */
  watch(server: Server): void {
    server.on("setSecureContext" in server ? "secureConnection" : "connection", (socket: Socket) => this.add(socket));
    // A peer of HTTP/2 that opens no window: what waits for it waits in the stream, and its connection shows nothing of it.
    server.on("stream", (stream: Http2Stream) => this.add(stream));
    server.once("listening", () =>
      server.once(
        "close",
        every(this.#clock, Math.min(this.#unreadMs / LOOKS, LOOK_MS), () => this.look()),
      ),
    );
  }

  add(outgoing: Outgoing): void {
    this.#all.add(outgoing);
    outgoing.once("close", () => {
      this.#all.delete(outgoing);
      this.#unread.delete(outgoing);
    });
  }

  /** Counts what an answer left unread. Not at once: some are written later in this turn of the event loop. */
  readonly wrote = (outgoing: Outgoing): void => {
    if (this.#written.push(outgoing) === 1) setImmediate(this.#count);
    else if (this.#written.length >= UNCOUNTED) this.#count();
  };

  look(): void {
    const elapsed = this.#clock.monotonicNow();
    for (const outgoing of this.#all) {
      const waiting = outgoing.writableLength;
      if (waiting === 0) {
        this.#unread.delete(outgoing);
        continue;
      }
      this.#note(outgoing);
      const unread = this.#unread.get(outgoing);
      if (unread === undefined || hasTaken(outgoing, unread.mark)) {
        this.#unread.set(outgoing, { mark: isSocket(outgoing) ? outgoing.bytesWritten : waiting, since: elapsed });
      } else if (elapsed - unread.since >= this.#unreadMs) outgoing.destroy();
      else if (!isSocket(outgoing)) unread.mark = waiting;
    }
    this.#recount();
    this.#cutToBudget();
  }

  readonly #count = (): void => {
    for (const outgoing of this.#written) this.#note(outgoing);
    this.#written.length = 0;
    if (this.#total <= this.#unreadBytes) return;
    // Much of it may have been taken meanwhile.
    this.#recount();
    this.#cutToBudget();
  };

  #recount(): void {
    for (const outgoing of this.#waiting.keys()) this.#note(outgoing);
  }

  #note(outgoing: Outgoing): void {
    const before = this.#waiting.get(outgoing) ?? 0;
    const now = heldBytes(outgoing);
    if (now === 0) this.#waiting.delete(outgoing);
    else if (now !== before) this.#waiting.set(outgoing, now);
    this.#total += now - before;
  }

  /** Cuts to three quarters, so that the next answer does not make it count everything once more. */
  #cutToBudget(): void {
    if (this.#total <= this.#unreadBytes) return;
    const callers = new Map<unknown, { bytes: number; readonly outgoing: Outgoing[] }>();
    for (const [outgoing, bytes] of this.#waiting) {
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
      most.bytes -= this.#waiting.get(oldest) ?? 0;
      oldest.destroy();
      this.#note(oldest);
    }
  }
}

function isSocket(outgoing: Outgoing): outgoing is Socket {
  return "bytesWritten" in outgoing;
}

/**
 * Returns the bytes that are kept in memory for what waits. On HTTP/2 an answer is handed to its stream piece by piece,
 * while all of it is kept; of a larger one, a file, only pieces are.
 */
function heldBytes(outgoing: Outgoing): number {
  const { writableLength: waiting, destroyed } = outgoing;
  if (waiting === 0 || destroyed) return 0;
  const whole = isSocket(outgoing) ? 0 : Number(outgoing.sentHeaders["content-length"] ?? 0);
  return Math.max(waiting, Math.min(whole, MOST_KEPT));
}

function hasTaken(outgoing: Outgoing, mark: number): boolean {
  const { writableLength: waiting } = outgoing;
  return isSocket(outgoing) ? outgoing.bytesWritten - waiting >= mark : waiting < mark;
}

/** Whom bytes count for: what `Callers` has made of the connection or, without limits per address, its address. */
function callerOf(outgoing: Outgoing): unknown {
  const socket = isSocket(outgoing) ? outgoing : outgoing.session?.socket;
  return socket?.connection?.caller ?? socket?.remoteAddress;
}
