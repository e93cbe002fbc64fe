import type { Socket } from "node:net";
import type { Direction, Road } from "../weather.ts";
import type { Filter, Passing, Piece } from "./piece.ts";
import type { Sky } from "./proxy-state.ts";
import { Timer } from "./timer.ts";

/** What a way tells. */
export interface WayOwner {
  passed(direction: Direction, bytes: Uint8Array, at: number, heldMs: number): void;
  swallowed(direction: Direction, byteLength: number): void;
  /** Its sender has ended, and all it sent has been passed on. */
  finished(direction: Direction): void;
}

/** With a receiver that takes nothing more, the sender is paused from here on. */
const STUCK_BYTES = 65_536;

/** Bytes are passed on in so many portions a second at least where the road is narrow. */
const PORTIONS_PER_SECOND = 50;

/** How far a narrow road may catch up after a timer that was late. */
const CATCH_UP_MS = 20;

/** Partly passed pieces are told of this often. */
const TELL_EVERY_MS = 100;

/** One direction of one connection: from a socket over the road of the present weather into another, in order. */
export class Way {
  readonly #direction: Direction;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #sky: Sky;
  readonly #filter: Filter;
  readonly #owner: WayOwner;
  readonly #timer = new Timer();
  #chance: () => number;
  #pieces: Piece[] = [];
  #queued = 0;
  /** Of the first piece: how much has gone, how much of that has been told, and when. */
  #gone = 0;
  #told = 0;
  #toldAt = 0;
  #freeAt = 0;
  /** What the sky counts as held here. */
  #counted = 0;
  #countedPieces = 0;
  #full = false;
  /** The sender has ended in good order, at this time. */
  #endedAt: number | null = null;
  #over = false;

  constructor(
    direction: Direction,
    ends: { readonly source: Socket; readonly sink: Socket },
    sky: Sky,
    filter: Filter,
    chance: () => number,
    owner: WayOwner,
  ) {
    this.#direction = direction;
    this.#source = ends.source;
    this.#sink = ends.sink;
    this.#sky = sky;
    this.#filter = filter;
    this.#chance = chance;
    this.#owner = owner;
    this.#source.on("data", this.#take);
    this.#sink.on("drain", this.#drained);
  }

  /** From now on the jitter is drawn from here. */
  set chance(chance: () => number) {
    this.#chance = chance;
  }

  /** The sender has sent its last byte; its end goes the same road. */
  end(): void {
    this.#endedAt ??= this.#sky.now();
    this.#enqueue(this.#filter.giveUp());
    this.pump();
  }

  /** What was held back goes on its way; called when the weather no longer holds it. */
  letGo(): void {
    if (!this.#over) this.#enqueue(this.#filter.giveUp());
  }

  /** Nothing is passed on any more. What comes is still read, and lost. */
  swallow(): void {
    this.stop();
    this.#source.on("data", (bytes: Buffer) => this.#owner.swallowed(this.#direction, bytes.length));
    this.#source.resume();
  }

  /** Gives up what is on its way and tells how much that was. */
  stop(): void {
    if (this.#over) return;
    this.#tellPart();
    const lost = this.#queued + this.#filter.held - this.#told;
    this.#over = true;
    this.#timer.clear();
    this.#source.off("data", this.#take);
    this.#sink.off("drain", this.#drained);
    this.#sky.stopWaiting(this.#regulate);
    this.#pieces = [];
    this.#sky.hold(-this.#counted, -this.#countedPieces);
    this.#counted = 0;
    this.#countedPieces = 0;
    this.#filter.giveUp();
    if (lost > 0) this.#owner.swallowed(this.#direction, lost);
  }

  /** Passes on what is due, and comes back when more will be. */
  pump(): void {
    if (this.#over) return;
    this.#timer.clear();
    const road = this.#road;
    for (let piece = this.#pieces[0]; piece !== undefined && !this.#full; piece = this.#pieces[0]) {
      const now = this.#sky.now();
      const due = piece.cameAt + road.delayMs + piece.chance * road.jitterMs;
      const at = Math.max(due, this.#sky.stalledUntil, road.bytesPerSecond === null ? 0 : this.#freeAt);
      if (at > now) {
        this.#timer.set(at - now, () => this.pump());
        break;
      }
      this.#pass(piece, road, now);
      if (road.packetBytes !== null && this.#pieces.length > 0) {
        this.#timer.nextTurn(() => this.pump());
        break;
      }
    }
    this.#account();
    if (this.#pieces.length === 0) this.#passEnd(road);
    this.#regulate();
  }

  get #road(): Road {
    return this.#sky.weather[this.#direction];
  }

  readonly #take = (bytes: Buffer): void => {
    this.#enqueue(this.#filter.take(bytes));
    this.pump();
  };

  readonly #drained = (): void => {
    this.#full = false;
    this.pump();
  };

  #enqueue(passings: readonly Passing[]): void {
    for (const passing of passings) {
      this.#pieces.push({ ...passing, chance: this.#chance() });
      this.#queued += passing.original.length;
    }
    this.#account();
  }

  #pass(piece: Piece, road: Road, now: number): void {
    const portion = road.bytesPerSecond === null ? Number.POSITIVE_INFINITY : road.bytesPerSecond / PORTIONS_PER_SECOND;
    const size = Math.max(1, Math.floor(Math.min(portion, road.packetBytes ?? portion)));
    const bytes = piece.passing.subarray(this.#gone, this.#gone + size);
    this.#full = !this.#sink.write(bytes);
    this.#gone += bytes.length;
    if (road.bytesPerSecond !== null) {
      this.#freeAt = Math.max(this.#freeAt, now - CATCH_UP_MS) + (bytes.length / road.bytesPerSecond) * 1_000;
    }
    if (this.#gone < piece.passing.length) {
      if (this.#told === 0 && this.#toldAt === 0) this.#toldAt = now;
      if (now - this.#toldAt >= TELL_EVERY_MS) this.#tellPart();
      return;
    }
    // What was taken out of it has been passed on as little as it was lost: it is told with the rest.
    this.#owner.passed(this.#direction, piece.original.subarray(this.#told), now, now - piece.cameAt);
    this.#pieces.shift();
    this.#queued -= piece.original.length;
    this.#gone = 0;
    this.#told = 0;
    this.#toldAt = 0;
  }

  /** Tells of that part of the first piece that has gone. */
  #tellPart(): void {
    const [piece] = this.#pieces;
    if (piece === undefined || piece.original !== piece.passing || this.#gone === this.#told) return;
    const now = this.#sky.now();
    this.#owner.passed(this.#direction, piece.original.subarray(this.#told, this.#gone), now, now - piece.cameAt);
    this.#told = this.#gone;
    this.#toldAt = now;
  }

  #passEnd(road: Road): void {
    if (this.#endedAt === null || this.#full) return;
    const left = Math.max(this.#endedAt + road.delayMs, this.#sky.stalledUntil) - this.#sky.now();
    if (left > 0) this.#timer.set(left, () => this.pump());
    else {
      this.stop();
      this.#sink.end();
      this.#owner.finished(this.#direction);
    }
  }

  /** Keeps the sum of all that is held in step with what this way holds. */
  #account(): void {
    const held = this.#queued + this.#filter.held;
    const pieces = this.#pieces.length + this.#filter.heldPieces;
    this.#sky.hold(held - this.#counted, pieces - this.#countedPieces);
    this.#counted = held;
    this.#countedPieces = pieces;
  }

  /** Pauses the sender as long as too much is held. Who holds nothing may always send: else one stuck way would stop all. */
  readonly #regulate = (): void => {
    if (this.#over) return;
    const stuck = this.#full && this.#queued >= STUCK_BYTES;
    const crowded = this.#sky.full && this.#counted > 0;
    if (crowded) this.#sky.waitForRoom(this.#regulate);
    else this.#sky.stopWaiting(this.#regulate);
    if (stuck || crowded) this.#source.pause();
    else if (this.#source.isPaused()) this.#source.resume();
  };
}
