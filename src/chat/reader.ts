import { formatCursor, type Position } from "../protocol/cursor.ts";
import { BYES, type ByeReason } from "../protocol/errors.ts";
import type { Bye, DownEvent, Gap } from "../protocol/events.ts";
import { count, type FrameCache, type Lane } from "./lane.ts";
import { Life } from "./life.ts";
import type { Outlet, ReaderHandle, Wire } from "./ports.ts";
import type { ReaderOptions, ReaderOwner } from "./reader-owner.ts";
import type { Room } from "./room.ts";
import { type Timer, timerSlack } from "./timers.ts";

/**
 * A down-leg. It is in one of these states:
 * `behind` (reads the log from its own place), `head` (in its lane, written by broadcasts), `full` (its way down takes
 * no more until `resume`), `leaving` (told `bye`, its connection still open), `gone` (also before it starts).
 * It has no queue: what it has not been written is in the log.
 */
export class Reader<Frame> implements ReaderHandle {
  readonly room: Room;
  readonly outlet: Outlet<Frame>;
  readonly wire: Wire<Frame>;
  readonly number: number;
  /** Monotonic ms. */
  attachedAt = 0;
  /** Index in the lane's array, -1 outside; kept by the lane. */
  place = -1;
  /** Index among the hub's connections, -1 outside; kept by them. */
  connection = -1;
  /** The last event written to it; while it is in its lane, the lane knows. */
  seq: number;

  #state: "behind" | "head" | "full" | "leaving" | "gone" = "gone";
  #epoch: Position["epoch"];
  #announce: boolean;
  /**
   * Told together with the first events after it: a poll that was answered by the gap alone would, in a room that moves
   * on, find its new place evicted at every next poll and never see an event.
   */
  #gap: Gap | null = null;
  #replayed = 0;
  #reading = false;
  #lastWriteAt = 0;
  #fellBehindAtBytes = 0;
  #quietTimer: Timer | null = null;
  #endTimer: Timer | null = null;
  #life: Life | null = null;
  readonly #quietMs: number;
  readonly #lane: Lane<Frame>;
  readonly #frames: FrameCache<Frame>;
  readonly #owner: ReaderOwner;

  constructor(room: Room, owner: ReaderOwner, options: ReaderOptions<Frame>) {
    this.room = room;
    this.#owner = owner;
    this.outlet = options.outlet;
    this.wire = options.wire;
    this.number = options.number;
    this.seq = options.start.seq;
    this.#epoch = options.start.epoch;
    this.#announce = options.announce;
    this.#quietMs = options.quietMs;
    const { lane, frames } = room.laneOf(options.wire);
    this.#lane = lane;
    this.#frames = frames;
  }

  /** Begins to read. At the head it is live when this returns. */
  start(): void {
    this.attachedAt = this.room.elapsed();
    this.#lastWriteAt = this.attachedAt;
    this.#fellBehindAtBytes = this.room.bytesFlushed;
    this.#lane.tally.attached += 1;
    this.#state = "behind";
    this.#owner.readerStarts(this);
    this.#catchUp();
    if (this.#ended()) return;
    if (this.outlet.probe !== undefined) this.#life = new Life(this.room, this);
    if (this.#quietMs > 0) this.#watchQuiet(this.#quietMs);
    else if (this.place >= 0) this.#write(this.#frames.idle(this.room.now()));
  }

  resume(): void {
    if (this.#state !== "full") return;
    this.#state = "behind";
    this.#endTimer?.cancel();
    this.#endTimer = null;
    this.#catchUp();
  }

  seen(): void {
    this.#life?.seen();
  }

  detach(): void {
    if (this.#state === "gone") return;
    const leaving = this.#state === "leaving";
    this.#stop("gone");
    if (!leaving) this.#owner.readerEnded(this, "cut");
    this.#owner.readerGone(this);
  }

  /** The last word to this reader. It does not wait for a full socket: what has not gone in time is destroyed. */
  bye(reason: ByeReason, retryAfterMs?: number): void {
    if (this.#ended()) return;
    const bye: Bye = {
      type: "bye",
      reason,
      retry: BYES[reason].retry,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
    this.#stop("leaving");
    this.room.meter.bye(reason);
    this.#endTimer = this.room.after(this.room.settings.byeMs, () => {
      this.outlet.destroy();
      this.detach();
    });
    this.#owner.readerEnded(this, "dismissed");
    this.outlet.end(bye, this.#frames.passing([bye]));
  }

  /** Ends it later unless it ends before: how a superseded reader is given its grace. The answer takes it back. */
  byeAfter(ms: number, reason: ByeReason): Timer {
    return this.room.after(ms, () => this.bye(reason));
  }

  /** What a write other than `more` means; called by the lane and by own writes. */
  settle(answer: "full" | "done"): void {
    if (answer === "done") {
      this.#stop("gone");
      this.#owner.readerEnded(this, "answered");
      this.#owner.readerGone(this);
      return;
    }
    if (this.#state === "head") this.#fellBehindAtBytes = this.room.bytesFlushed;
    this.#leaveLane();
    this.#state = "full";
    this.room.behind.add(this);
    this.#endTimer?.cancel();
    this.#endTimer = this.room.after(this.room.settings.slowMs, () => this.bye("slow_consumer"));
  }

  /** Bytes the room has moved on since this reader last kept pace. */
  get bytesBehind(): number {
    return this.room.bytesFlushed - this.#fellBehindAtBytes;
  }

  /** It has been told `bye`. */
  get leaving(): boolean {
    return this.#state === "leaving";
  }

  #ended(): boolean {
    return this.#state === "leaving" || this.#state === "gone";
  }

  #stop(state: "leaving" | "gone"): void {
    this.#leaveLane();
    this.#state = state;
    this.room.behind.delete(this);
    this.#quietTimer?.cancel();
    this.#quietTimer = null;
    this.#life?.stop();
    this.#life = null;
    this.#endTimer?.cancel();
    this.#endTimer = null;
  }

  #leaveLane(): void {
    if (this.place >= 0) this.#lane.remove(this);
  }

  /** Reads on from its own place until it stands at the head, where it joins its lane in the same step. */
  #catchUp(): void {
    if (this.#state !== "behind" || this.#reading) return;
    if (this.#epoch === this.room.epoch && this.seq > this.room.flushed) this.room.flushAll();
    if (this.#epoch === this.room.epoch && this.seq === this.room.flushed) {
      this.#goLive();
      return;
    }
    this.#reading = true;
    this.room.read({ epoch: this.#epoch, seq: this.seq }).then(
      (read) => {
        this.#reading = false;
        // While the log was read this reader may have been superseded or cut.
        if (this.#state !== "behind") return;
        if (read.kind === "gap") {
          this.room.meter.gap();
          this.#epoch = read.position.epoch;
          this.seq = read.position.seq;
          const cursor = formatCursor(read.position.epoch, read.position.seq);
          const before = this.#gap === null ? 0 : this.#gap.missed;
          this.#gap = {
            type: "gap",
            cursor,
            missed: read.missed === null || before === null ? null : before + read.missed,
          };
        } else {
          const from = this.seq;
          this.seq += read.events.length;
          this.#replayed += read.events.length;
          this.#fellBehindAtBytes += read.bytes;
          const gap = this.#takeGap();
          this.#write(
            gap.length === 0 ? this.#frames.frame(from, read.events) : this.#frames.passing([...gap, ...read.events]),
            read.events.length,
          );
        }
        this.#catchUp();
      },
      (error: unknown) => {
        this.#reading = false;
        this.room.report(error);
        this.outlet.destroy();
        this.detach();
      },
    );
  }

  #goLive(): void {
    this.room.behind.delete(this);
    if (this.#gap !== null || this.#announce) {
      this.#tellPlace();
      if (this.#state !== "behind") return;
    }
    this.#state = "head";
    this.#lane.add(this);
  }

  /** What is told before the first event of the lane. */
  #tellPlace(): void {
    const told = this.#takeGap();
    if (this.#announce) {
      this.#announce = false;
      const cursor = formatCursor(this.room.epoch, this.seq);
      told.push({ type: "live", at: this.room.now(), cursor, replayed: this.#replayed });
    }
    this.#write(this.#frames.passing(told));
  }

  /** The gap that is still to be told, in a list. */
  #takeGap(): DownEvent[] {
    const gap = this.#gap;
    this.#gap = null;
    return gap === null ? [] : [gap];
  }

  #write(frame: Frame, events = 0): void {
    this.#lastWriteAt = this.room.elapsed();
    count(this.#lane.tally, frame, 1, events);
    const answer = this.outlet.write(frame);
    if (answer !== "more") this.settle(answer);
  }

  /** One timer at a time, put forward when it finds that something was written meanwhile: a write costs it nothing. */
  #watchQuiet(ms: number): void {
    this.#quietTimer = this.room.after(ms, this.#beat, timerSlack(this.#quietMs));
  }

  readonly #beat = (): void => {
    const verdict = this.#owner.readerVerdict(this);
    if (verdict !== null) this.bye(verdict);
    if (this.#ended()) return;
    const last = this.#state === "head" ? Math.max(this.#lastWriteAt, this.#lane.lastWriteAt) : this.#lastWriteAt;
    const leftMs = last + this.#quietMs - this.room.elapsed();
    const due = leftMs <= timerSlack(this.#quietMs);
    if (due && this.#state === "head") this.#write(this.#frames.idle(this.room.now()));
    if (!this.#ended()) this.#watchQuiet(due ? this.#quietMs : leftMs);
  };
}
