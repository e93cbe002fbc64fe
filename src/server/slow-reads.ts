import type { Http2Stream } from "node:http2";
import type { Server, Socket } from "node:net";
import { DEFAULT_SETTINGS, type Settings } from "../chat/settings.ts";
import { type Clock, every } from "../clock.ts";

/** Checks this often within `unreadMs`, */
const LOOKS = 5;
/** and at least this often, because streams of events grow without a request. */
const LOOK_MS = 1_000;
/** Requests that may be handled before their unread bytes are counted. */
const UNCOUNTED = 16;

/** Size of the longest answer that is not read from a file, in bytes: a batch of events or a page of history. */
const MOST_KEPT = DEFAULT_SETTINGS.batchBytes;

interface Unread {
  /** Progress since `since` means: a connection has sent more bytes than this, or a stream has fewer waiting. */
  mark: number;
  /** Monotonic ms. */
  since: number;
}

/** Where an answer waits to be read: a connection or, on HTTP/2, one of its streams. */
type Outgoing = Socket | Http2Stream;

/**
 * Cuts connections whose peer does not read: an answer that is never read would stay in memory forever.
 *
 * A connection that makes progress is kept, however many bytes wait. But if the bytes that wait on all connections exceed
 * the server's budget, the address with the most bytes loses connections, those that have waited longest first.
 */
export class SlowReads {
  readonly #unreadMs: number;
  readonly #unreadBytes: number;
  readonly #clock: Clock;
  readonly #all = new Set<Outgoing>();
  readonly #unread = new Map<Outgoing, Unread>();
  /** Written to since the last count. */
  readonly #written: Outgoing[] = [];
  /** Waiting bytes at the last count. The first entry has waited longest. */
  readonly #waiting = new Map<Outgoing, number>();
  #total = 0;

  constructor({ unreadMs, unreadBytes }: Pick<Settings, "unreadMs" | "unreadBytes">, clock: Clock) {
    this.#unreadMs = unreadMs;
    this.#unreadBytes = unreadBytes;
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
    // Peers may have read much of it since.
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

  /** Cuts to three quarters, so that the next answer does not cause another full count. */
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
 * Returns the bytes in memory for what waits. On HTTP/2 an answer is passed to its stream piece by piece while all of it
 * is in memory. Of a larger answer, a file, only pieces are.
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

/** Returns what bytes count for: the connection's caller or, without limits per address, its address. */
function callerOf(outgoing: Outgoing): unknown {
  const socket = isSocket(outgoing) ? outgoing : outgoing.session?.socket;
  return socket?.connection?.caller ?? socket?.remoteAddress;
}
