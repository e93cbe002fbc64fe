import type { Socket } from "node:net";
import type { Direction, LinkConditions } from "../weather.ts";
import type { Filter, Filtered } from "./filters.ts";
import { type ProxyState, Timer } from "./proxy-state.ts";

/** Receives what a pipe does. */
export interface PipeEvents {
  passed(direction: Direction, bytes: Uint8Array, at: number, heldMs: number): void;
  swallowed(direction: Direction, byteLength: number): void;
  /** The sender has ended, and all its bytes were passed on. */
  finished(direction: Direction): void;
}

/** A queued chunk of bytes. */
interface Piece extends Filtered {
  /** Its share of the jitter, in [0, 1). */
  readonly jitter: number;
}

/** While the receiver's socket is full, the sender is paused once this many bytes are queued. */
const PAUSE_BYTES = 65_536;

/** At limited bandwidth, bytes are written at least this often. */
const WRITES_PER_SECOND = 50;

/** How much of a late timer's delay is made up for at limited bandwidth. */
const MAX_CATCH_UP_MS = 20;

/** A piece that is passed on in parts is reported this often. */
const REPORT_EVERY_MS = 100;

/** One direction of one connection. Moves bytes from a socket into another, in order, under the present weather. */
export class Pipe {
  readonly #direction: Direction;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #state: ProxyState;
  readonly #filter: Filter;
  readonly #events: PipeEvents;
  readonly #timer = new Timer();
  #random: () => number;
  #pieces: Piece[] = [];
  #queuedBytes = 0;
  /** Bytes of the first piece that were sent, that were reported, and when those were reported. */
  #sent = 0;
  #reported = 0;
  #reportedAt = 0;
  /** When limited bandwidth allows the next write. */
  #freeAt = 0;
  /** What this pipe has added to the proxy's held bytes and pieces. */
  #countedBytes = 0;
  #countedPieces = 0;
  /** The sink's buffer is full. */
  #full = false;
  /** When the sender ended; null while it has not. */
  #endedAt: number | null = null;
  #stopped = false;

  constructor(
    direction: Direction,
    ends: { readonly source: Socket; readonly sink: Socket },
    state: ProxyState,
    filter: Filter,
    random: () => number,
    events: PipeEvents,
  ) {
    this.#direction = direction;
    this.#source = ends.source;
    this.#sink = ends.sink;
    this.#state = state;
    this.#filter = filter;
    this.#random = random;
    this.#events = events;
    this.#source.on("data", this.#onData);
    this.#sink.on("drain", this.#onDrain);
  }

  /** Sets the generator that jitter is drawn from. */
  set random(random: () => number) {
    this.#random = random;
  }

  /** Handles the sender's end, which is delayed like its bytes. */
  end(): void {
    this.#endedAt ??= this.#state.now();
    this.flush();
    this.pump();
  }

  /** Queues what the filter held back. */
  flush(): void {
    if (!this.#stopped) this.#enqueue(this.#filter.flush());
  }

  /** Passes nothing on any more, and reads and drops all further bytes. */
  swallow(): void {
    this.stop();
    this.#source.on("data", (bytes: Buffer) => this.#events.swallowed(this.#direction, bytes.length));
    this.#source.resume();
  }

  /** Stops and drops all held bytes. Reports them as swallowed. */
  stop(): void {
    if (this.#stopped) return;
    this.#reportPart();
    const lost = this.#queuedBytes + this.#filter.heldBytes - this.#reported;
    this.#stopped = true;
    this.#timer.clear();
    this.#source.off("data", this.#onData);
    this.#sink.off("drain", this.#onDrain);
    this.#state.stopWaiting(this.#regulate);
    this.#pieces = [];
    this.#state.hold(-this.#countedBytes, -this.#countedPieces);
    this.#countedBytes = 0;
    this.#countedPieces = 0;
    this.#filter.flush();
    if (lost > 0) this.#events.swallowed(this.#direction, lost);
  }

  /** Passes on what is due, and sets a timer for the rest. */
  pump(): void {
    if (this.#stopped) return;
    this.#timer.clear();
    const conditions = this.#state.weather[this.#direction];
    for (let piece = this.#pieces[0]; piece !== undefined && !this.#full; piece = this.#pieces[0]) {
      const now = this.#state.now();
      const due = piece.arrivedAt + conditions.delayMs + piece.jitter * conditions.jitterMs;
      const at = Math.max(due, this.#state.stalledUntil, conditions.bytesPerSecond === null ? 0 : this.#freeAt);
      if (at > now) {
        this.#timer.set(at - now, () => this.pump());
        break;
      }
      this.#send(piece, conditions, now);
      if (conditions.packetBytes !== null && this.#pieces.length > 0) {
        this.#timer.nextTurn(() => this.pump());
        break;
      }
    }
    this.#account();
    if (this.#pieces.length === 0) this.#passEnd(conditions);
    this.#regulate();
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#enqueue(this.#filter.push(bytes));
    this.pump();
  };

  readonly #onDrain = (): void => {
    this.#full = false;
    this.pump();
  };

  #enqueue(filtered: readonly Filtered[]): void {
    for (const each of filtered) {
      this.#pieces.push({ ...each, jitter: this.#random() });
      this.#queuedBytes += each.original.length;
    }
    this.#account();
  }

  #send(piece: Piece, { bytesPerSecond, packetBytes }: LinkConditions, now: number): void {
    const portion = bytesPerSecond === null ? Number.POSITIVE_INFINITY : bytesPerSecond / WRITES_PER_SECOND;
    const size = Math.max(1, Math.floor(Math.min(portion, packetBytes ?? portion)));
    const bytes = piece.forwarded.subarray(this.#sent, this.#sent + size);
    this.#full = !this.#sink.write(bytes);
    this.#sent += bytes.length;
    if (bytesPerSecond !== null) {
      this.#freeAt = Math.max(this.#freeAt, now - MAX_CATCH_UP_MS) + (bytes.length / bytesPerSecond) * 1_000;
    }
    if (this.#sent < piece.forwarded.length) {
      if (this.#reported === 0 && this.#reportedAt === 0) this.#reportedAt = now;
      if (now - this.#reportedAt >= REPORT_EVERY_MS) this.#reportPart();
      return;
    }
    // Removed headers were neither passed on nor lost: they are reported as passed with the rest of their piece.
    this.#events.passed(this.#direction, piece.original.subarray(this.#reported), now, now - piece.arrivedAt);
    this.#pieces.shift();
    this.#queuedBytes -= piece.original.length;
    this.#sent = 0;
    this.#reported = 0;
    this.#reportedAt = 0;
  }

  /** Reports the sent part of the first piece. */
  #reportPart(): void {
    const [piece] = this.#pieces;
    if (piece === undefined || piece.original !== piece.forwarded || this.#sent === this.#reported) return;
    const now = this.#state.now();
    const bytes = piece.original.subarray(this.#reported, this.#sent);
    this.#events.passed(this.#direction, bytes, now, now - piece.arrivedAt);
    this.#reported = this.#sent;
    this.#reportedAt = now;
  }

  #passEnd({ delayMs }: LinkConditions): void {
    if (this.#endedAt === null || this.#full) return;
    const leftMs = Math.max(this.#endedAt + delayMs, this.#state.stalledUntil) - this.#state.now();
    if (leftMs > 0) this.#timer.set(leftMs, () => this.pump());
    else {
      this.stop();
      this.#sink.end();
      this.#events.finished(this.#direction);
    }
  }

  /** Updates this pipe's share of the proxy's held bytes. */
  #account(): void {
    const bytes = this.#queuedBytes + this.#filter.heldBytes;
    const pieces = this.#pieces.length + this.#filter.heldPieces;
    this.#state.hold(bytes - this.#countedBytes, pieces - this.#countedPieces);
    this.#countedBytes = bytes;
    this.#countedPieces = pieces;
  }

  /** Pauses the sender while too much is held. A pipe that holds nothing may always read, so that one stuck pipe can't stop all. */
  readonly #regulate = (): void => {
    if (this.#stopped) return;
    const stuck = this.#full && this.#queuedBytes >= PAUSE_BYTES;
    const overBudget = this.#state.full && this.#countedBytes > 0;
    if (overBudget) this.#state.waitForRoom(this.#regulate);
    else this.#state.stopWaiting(this.#regulate);
    if (stuck || overBudget) this.#source.pause();
    else if (this.#source.isPaused()) this.#source.resume();
  };
}
