import { formatCursor, type Position } from "../protocol/cursor.ts";
import { BYES, type ByeReason, ProtocolError } from "../protocol/errors.ts";
import type { Bye, DownEvent, Gap } from "../protocol/events.ts";
import type { Epoch } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import { count, type FanOut, type Subscriber } from "./fan-out.ts";
import type { Read } from "./log-port.ts";
import type { Outlet, ReaderHandle, Wire } from "./ports.ts";
import { type Timer, timerSlack } from "./timers.ts";

/** What a reader needs of its room. */
export interface LogFeed {
  readonly epoch: Epoch;
  /** Everything up to this seq has been broadcast. */
  readonly flushed: number;
  /** Bytes of the events broadcast since the room was opened. */
  readonly bytesFlushed: number;
  /** Readers whose outlet is full. A reader adds and removes itself. */
  readonly fullReaders: Set<Reader<unknown>>;
  fanOutOf<Frame>(wire: Wire<Frame>): FanOut<Frame>;
  /** Resolves to what follows a position, but never to events that have not been broadcast. */
  read(after: Position): Promise<Read>;
  /** Broadcasts everything that is pending at once. */
  flushAll(): void;
}

/** What a reader reports to its session. */
export interface ReaderOwner {
  /** The reader starts to read. Resolves, if it must not write before, when it may. */
  readerStarts(reader: Reader<unknown>): Promise<void> | undefined;
  /** The reader reads no more: a poll was answered, it was sent `bye`, or its connection was lost. */
  readerEnded(reader: Reader<unknown>, how: "answered" | "dismissed" | "lost"): void;
  /** The connection is closed: at the end of the reader, or some time after its `bye`. */
  readerGone(reader: Reader<unknown>): void;
  /** Returns why the reader must end, or null. Called when the hold or heartbeat interval ends. */
  closeReason(): ByeReason | null;
}

export interface ReaderOptions<Frame> {
  readonly wire: Wire<Frame>;
  readonly outlet: Outlet<Frame>;
  /** Ms without a write until `idle`; 0: `idle` at once. */
  readonly idleMs: number;
  readonly number: number;
  readonly start: Position;
  /** Whether the reader gets a `live` event when it reaches the head. */
  readonly announce: boolean;
}

/**
 * Writes one room's events to one connection, in order, each exactly once.
 *
 * States: `behind` (reads the log from its own position), `head` (in its fan-out, written by broadcasts), `full` (its
 * outlet accepts no more until `resume`), `leaving` (sent `bye`, connection still open), `gone` (also before `start`).
 * A reader has no queue: what it has not been written is in the log.
 */
export class Reader<Frame> implements ReaderHandle, Subscriber<Frame> {
  readonly outlet: Outlet<Frame>;
  readonly wire: Wire<Frame>;
  readonly number: number;
  /** Monotonic ms. */
  attachedAt = 0;
  /** Set by the fan-out; -1 outside. */
  fanOutIndex = -1;
  /** Set by the hub's connections; -1 outside. */
  connectionIndex = -1;
  /** The last event written. Out of date while the reader is at the head: the fan-out keeps the seq then. */
  seq: number;

  #state: "behind" | "head" | "full" | "leaving" | "gone" = "gone";
  #epoch: Epoch;
  #announce: boolean;
  /**
   * Written together with the events after it. A poll answered by the gap alone would, in a busy room, find its new
   * position evicted at each next poll and never see an event.
   */
  #gap: Gap | null = null;
  #replayed = 0;
  /** For the log or its owner. */
  #waiting = false;
  #lastWriteAt = 0;
  #fellBehindAtBytes = 0;
  #idleTimer: Timer | null = null;
  /** Ends a reader that stays full, or a connection that stays open after `bye`. */
  #endTimer: Timer | null = null;
  #keepalive: PingKeepalive | null = null;
  readonly #idleMs: number;
  readonly #feed: LogFeed;
  readonly #fanOut: FanOut<Frame>;
  readonly #owner: ReaderOwner;
  readonly #core: Core;

  constructor(feed: LogFeed, owner: ReaderOwner, core: Core, options: ReaderOptions<Frame>) {
    this.outlet = options.outlet;
    this.wire = options.wire;
    this.number = options.number;
    this.seq = options.start.seq;
    this.#epoch = options.start.epoch;
    this.#announce = options.announce;
    this.#idleMs = options.idleMs;
    this.#feed = feed;
    this.#fanOut = feed.fanOutOf(options.wire);
    this.#owner = owner;
    this.#core = core;
  }

  /** Starts to read. A reader that starts at the head is live when this returns, unless its owner delays it. */
  start(): void {
    this.attachedAt = this.#core.clock.monotonicNow();
    this.#lastWriteAt = this.attachedAt;
    this.#fellBehindAtBytes = this.#feed.bytesFlushed;
    this.#fanOut.tally.attached += 1;
    this.#state = "behind";
    const delay = this.#owner.readerStarts(this);
    if (delay === undefined) this.#catchUp();
    else {
      this.#waiting = true;
      void delay.then(() => {
        this.#waiting = false;
        this.#catchUp();
      });
    }
    if (this.#ended()) return;
    if (this.outlet.ping !== undefined) this.#keepalive = new PingKeepalive(this.#core, this);
    if (this.#idleMs > 0) this.#armIdleTimer(this.#idleMs);
  }

  resume(): void {
    if (this.#state !== "full") return;
    this.#state = "behind";
    this.#endTimer?.cancel();
    this.#endTimer = null;
    this.#catchUp();
  }

  seen(): void {
    this.#keepalive?.seen();
  }

  detach(): void {
    if (this.#state === "gone") return;
    const leaving = this.#state === "leaving";
    this.#stop("gone");
    if (!leaving) this.#owner.readerEnded(this, "lost");
    this.#owner.readerGone(this);
  }

  /** Writes `bye` as the last event, even if the outlet is full. Destroys the connection if that takes over `byeMs`. */
  bye(reason: ByeReason, retryAfterMs?: number): void {
    if (this.#ended()) return;
    const bye: Bye = {
      type: "bye",
      reason,
      retry: BYES[reason].retry,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
    this.#stop("leaving");
    this.#core.meter.bye(reason);
    this.#endTimer = this.#core.timers.after(this.#core.settings.byeMs, () => {
      this.outlet.destroy();
      this.detach();
    });
    this.#owner.readerEnded(this, "dismissed");
    this.outlet.end(bye, this.#fanOut.frames.ephemeral([bye]));
  }

  /** Handles a write, by the fan-out or by the reader itself, that did not return `more`. */
  onWriteResult(result: "full" | "done"): void {
    if (result === "done") {
      this.#stop("gone");
      this.#owner.readerEnded(this, "answered");
      this.#owner.readerGone(this);
      return;
    }
    if (this.#state === "head") this.#fellBehindAtBytes = this.#feed.bytesFlushed;
    this.#leaveFanOut();
    this.#state = "full";
    this.#feed.fullReaders.add(this);
    this.#endTimer?.cancel();
    this.#endTimer = this.#core.timers.after(this.#core.settings.slowMs, () => this.bye("slow_consumer"));
  }

  fallBehind(): void {
    if (this.#state !== "head") return;
    this.#leaveFanOut();
    this.#state = "behind";
    this.#fellBehindAtBytes = this.#feed.bytesFlushed;
    this.#catchUp();
  }

  /** Bytes broadcast since this reader fell behind. */
  get bytesBehind(): number {
    return this.#feed.bytesFlushed - this.#fellBehindAtBytes;
  }

  get atHead(): boolean {
    return this.#state === "head";
  }

  /** True once the reader was sent `bye`. */
  get leaving(): boolean {
    return this.#state === "leaving";
  }

  #ended(): boolean {
    return this.#state === "leaving" || this.#state === "gone";
  }

  #stop(state: "leaving" | "gone"): void {
    this.#leaveFanOut();
    this.#state = state;
    this.#feed.fullReaders.delete(this);
    this.#idleTimer?.cancel();
    this.#idleTimer = null;
    this.#keepalive?.stop();
    this.#keepalive = null;
    this.#endTimer?.cancel();
    this.#endTimer = null;
  }

  #leaveFanOut(): void {
    if (this.fanOutIndex >= 0) this.#fanOut.remove(this);
  }

  /** Reads the log from its own position up to the head, where it joins its fan-out in the same step. */
  #catchUp(): void {
    if (this.#state !== "behind" || this.#waiting) return;
    if (this.#epoch === this.#feed.epoch && this.seq > this.#feed.flushed) this.#feed.flushAll();
    if (this.#epoch === this.#feed.epoch && this.seq === this.#feed.flushed) {
      this.#goLive();
      return;
    }
    this.#waiting = true;
    this.#feed
      .read({ epoch: this.#epoch, seq: this.seq })
      .then((read) => {
        this.#waiting = false;
        // The reader may have ended or filled up while the log was read.
        if (this.#state !== "behind") return;
        if (read.kind === "gap") this.#skipGap(read);
        else if (read.events.length > 0) this.#writeEvents(read);
        this.#catchUp();
      })
      .catch((error: unknown) => {
        this.#waiting = false;
        // `overloaded`: the store is out of reach and has reported that. The client comes back with its cursor.
        if (!(error instanceof ProtocolError && error.code === "overloaded")) this.#core.report(error);
        this.outlet.destroy();
        this.detach();
      });
  }

  #skipGap({ position, missed }: Read & { readonly kind: "gap" }): void {
    this.#core.meter.gap();
    this.#epoch = position.epoch;
    this.seq = position.seq;
    const before = this.#gap === null ? 0 : this.#gap.missed;
    this.#gap = {
      type: "gap",
      cursor: formatCursor(position.epoch, position.seq),
      missed: missed === null || before === null ? null : before + missed,
    };
  }

  #writeEvents({ events, bytes }: Read & { readonly kind: "events" }): void {
    const from = this.seq;
    this.seq += events.length;
    this.#replayed += events.length;
    this.#fellBehindAtBytes += bytes;
    const gap = this.#takeGap();
    const { frames } = this.#fanOut;
    this.#write(gap.length === 0 ? frames.frame(from, events) : frames.ephemeral([...gap, ...events]), events.length);
  }

  #goLive(): void {
    this.#feed.fullReaders.delete(this);
    if (this.#gap !== null || this.#announce) {
      this.#writeLive();
      if (this.#state !== "behind") return;
    }
    this.#state = "head";
    this.#fanOut.add(this);
    if (this.#idleMs === 0) this.#writeIdle();
  }

  /** Writes the gap and `live` that are due before the first broadcast. */
  #writeLive(): void {
    const events = this.#takeGap();
    if (this.#announce) {
      this.#announce = false;
      const cursor = formatCursor(this.#feed.epoch, this.seq);
      events.push({ type: "live", at: this.#core.clock.wallNow(), cursor, replayed: this.#replayed });
    }
    this.#write(this.#fanOut.frames.ephemeral(events));
  }

  /** Returns the gap that was not written yet, as a list. */
  #takeGap(): DownEvent[] {
    const gap = this.#gap;
    this.#gap = null;
    return gap === null ? [] : [gap];
  }

  #writeIdle(): void {
    this.#write(this.#fanOut.frames.idle(this.#core.clock.wallNow()));
  }

  #write(frame: Frame, events = 0): void {
    this.#lastWriteAt = this.#core.clock.monotonicNow();
    count(this.#fanOut.tally, frame, 1, events);
    const result = this.outlet.write(frame);
    if (result !== "more") this.onWriteResult(result);
  }

  #armIdleTimer(ms: number): void {
    this.#idleTimer = this.#core.timers.after(ms, this.#onIdleTimer, timerSlack(this.#idleMs));
  }

  /**
   * Ends a poll's hold, or writes a stream's heartbeat: both are an `idle` after `idleMs` without a write. Writes don't
   * reset the timer. When it fires after a recent write, it re-arms for the remaining time.
   */
  readonly #onIdleTimer = (): void => {
    const reason = this.#owner.closeReason();
    if (reason !== null) this.bye(reason);
    if (this.#ended()) return;
    const last = this.#state === "head" ? Math.max(this.#lastWriteAt, this.#fanOut.lastWriteAt) : this.#lastWriteAt;
    const leftMs = last + this.#idleMs - this.#core.clock.monotonicNow();
    const due = leftMs <= timerSlack(this.#idleMs);
    if (due && this.#state === "head") this.#writeIdle();
    if (!this.#ended()) this.#armIdleTimer(due ? this.#idleMs : leftMs);
  };
}

/** What the keep-alive needs of its reader. */
interface Pinged {
  readonly outlet: Outlet<never>;
  detach(): void;
}

/** Pings a peer every `pingMs`. Destroys its connection if nothing arrives within `pongTimeoutMs`. */
class PingKeepalive {
  readonly #core: Core;
  readonly #peer: Pinged;
  #seenAt: number;
  #timer: Timer;

  constructor(core: Core, peer: Pinged) {
    this.#core = core;
    this.#peer = peer;
    this.#seenAt = core.clock.monotonicNow();
    this.#timer = this.#arm();
  }

  /** Records that something arrived from the peer. */
  seen(): void {
    this.#seenAt = this.#core.clock.monotonicNow();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    const { pingMs } = this.#core.settings;
    return this.#core.timers.after(pingMs, () => this.#ping(), timerSlack(pingMs));
  }

  #ping(): void {
    const pingedAt = this.#core.clock.monotonicNow();
    this.#peer.outlet.ping?.();
    this.#timer = this.#core.timers.after(this.#core.settings.pongTimeoutMs, () => {
      if (this.#seenAt >= pingedAt) {
        this.#timer = this.#arm();
        return;
      }
      this.#peer.outlet.destroy();
      this.#peer.detach();
    });
  }
}
