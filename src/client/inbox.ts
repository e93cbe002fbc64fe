import { formatCursor, type Position, parseCursor } from "../protocol/cursor.ts";
import type { Bye, DownEvent, DurableEvent, Gap, Message } from "../protocol/events.ts";
import type { Cursor, MemberId } from "../protocol/ids.ts";
import { badAnswer, type Platform } from "../transports/contract.ts";
import { Queue } from "../transports/shared/client/async.ts";
import type { ActiveLink } from "./active-link.ts";
import { ClockOffset } from "./clock-offset.ts";
import { CursorTracker } from "./cursor-tracker.ts";
import type { Timing } from "./outbox.ts";
import type { Delivery } from "./types.ts";

interface InboxOwner {
  readonly platform: Platform;
  readonly deliveries: DeliveryQueue;
  /** The member this client speaks as. */
  ownId(): MemberId | null;
  /** Called for each own message that arrives; also acknowledges it. Returns its send times, or null if unknown. */
  echoed(message: Message): Timing | null;
  /** Called for a gap reported to this link, if this client will never get the missed events. */
  gapped(link: ActiveLink, missed: number | null): void;
  /** Returns whether ephemeral events are taken from this link. While two links are open, only one of them counts. */
  isPrimary(link: ActiveLink): boolean;
}

/** Takes the events of all links and delivers each one once, in order, with the transport and latency by which it came. */
export class Inbox {
  readonly tracker: CursorTracker;
  readonly #owner: InboxOwner;
  readonly #clock = new ClockOffset();

  constructor(start: Cursor, owner: InboxOwner) {
    this.tracker = new CursorTracker(positionOf(start));
    this.#owner = owner;
  }

  /** Takes one event. Throws LinkError if the link has skipped another. */
  take(event: Exclude<DownEvent, Bye>, link: ActiveLink): void {
    const now = this.#owner.platform.clock.monotonicNow();
    switch (event.type) {
      case "message":
      case "joined":
      case "left":
        this.#takeDurable(event, link, now);
        break;
      case "gap":
        this.#takeGap(event, link);
        break;
      case "live":
        this.#clock.sample(link.startedAt, event.at, now);
        this.#checkPosition(positionOf(event.cursor), link);
        break;
      case "idle":
        // Only the first one answers our request. The server sends the others when its own timer fires.
        if (link.liveAt === null) this.#clock.sample(link.startedAt, event.at, now);
        break;
      case "typing":
      case "census": {
        const own = event.type === "typing" && event.member.id === this.#owner.ownId();
        if (!own && this.#owner.isPrimary(link)) this.#deliver(event, link, this.#clock.since(event.at, now));
      }
    }
  }

  #takeDurable(event: DurableEvent, link: ActiveLink, now: number): void {
    link.position = { epoch: link.position.epoch, seq: event.seq };
    // Before the check for duplicates: the message acknowledges its command whichever link brings it.
    const timing = this.#acknowledge(event, now);
    switch (this.tracker.take(link.position)) {
      case "seen":
        return;
      case "new":
        this.#deliver(event, link, this.#latencyOf(event, timing, link, now));
        return;
      case "hole":
        throw badAnswer(`Events between ${this.tracker.cursor} and ${event.seq} are missing, without a gap event`);
    }
  }

  /** Acknowledges the command of an own message, and synchronises the clock by it. Returns its times, if known. */
  #acknowledge(event: DurableEvent, now: number): Timing | null {
    const timing = event.type === "message" && event.from.id === this.#owner.ownId() ? this.#owner.echoed(event) : null;
    if (timing !== null && timing.sentAt !== null) {
      this.#clock.sample(timing.sentAt, event.at, timing.repliedAt ?? now);
    }
    return timing;
  }

  #latencyOf(event: DurableEvent, timing: Timing | null, link: ActiveLink, now: number): number | null {
    if (link.replaying) return null;
    return timing === null ? this.#clock.since(event.at, now) : now - timing.queuedAt;
  }

  #takeGap(event: Gap, link: ActiveLink): void {
    const to = positionOf(event.cursor);
    const gap = this.tracker.applyGap(to, link.position, event.missed);
    link.position = to;
    if (gap === "behind") throw badAnswer(`The log's epoch changed at ${event.cursor}, before ${this.tracker.cursor}`);
    // With none missing, the log only continues under another epoch.
    if (gap === null || gap.missed === 0) return;
    if (link.liveAt === null) link.gap = gap;
    this.#owner.gapped(link, gap.missed);
    this.#deliver({ ...event, missed: gap.missed }, link, null);
  }

  #checkPosition(position: Position, link: ActiveLink): void {
    const hasRead = position.epoch === link.position.epoch && position.seq === link.position.seq;
    if (hasRead || this.tracker.covers(position)) return;
    const { epoch, seq } = link.position;
    throw badAnswer(
      `Live at ${formatCursor(position.epoch, position.seq)}, but read only up to ${formatCursor(epoch, seq)}`,
    );
  }

  #deliver(event: Delivery["event"], link: ActiveLink, latencyMs: number | null): void {
    const receivedAt = this.#owner.platform.clock.wallNow();
    this.#owner.deliveries.push({ event, by: link.transport.name, receivedAt, latencyMs }, this.tracker.cursor);
  }
}

function positionOf(cursor: string): Position {
  const position = parseCursor(cursor);
  if (position === null) throw badAnswer(`"${cursor}" is not a valid cursor`);
  return position;
}

/**
 * Equal to the server's default `replayEvents`: a consumer may fall as far behind as a connection may before it gets a
 * gap.
 */
const CAPACITY = 10_000;

interface Waiting {
  readonly delivery: Delivery;
  /** The client's cursor after it. */
  readonly cursor: Cursor;
}

/** Deliveries that the consumer has not read yet. If they exceed the capacity, a gap replaces the older half. */
export class DeliveryQueue implements AsyncIterable<Delivery> {
  readonly #queue = new Queue<Waiting>();
  readonly #capacity: number;
  #iterated = false;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  push(delivery: Delivery, cursor: Cursor): void {
    if (this.#queue.size >= this.#capacity) this.#shorten(delivery);
    this.#queue.push({ delivery, cursor });
  }

  end(): void {
    this.#queue.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Delivery, void, undefined> {
    if (this.#iterated) throw new Error("A client can be iterated once. Share what the first iteration yields.");
    this.#iterated = true;
    for await (const { delivery } of this.#queue) yield delivery;
  }

  #shorten(newest: Delivery): void {
    let missed: number | null = 0;
    let last: Cursor | null = null;
    for (const { delivery, cursor } of this.#queue.take(Math.ceil(this.#capacity / 2))) {
      const { event } = delivery;
      if (event.type === "gap") missed = missed === null || event.missed === null ? null : missed + event.missed;
      else if ("seq" in event && missed !== null) missed += 1;
      last = cursor;
    }
    if (last === null || missed === 0) return;
    const { by, receivedAt } = newest;
    const event = { type: "gap", cursor: last, missed } as const;
    this.#queue.unshift({ delivery: { event, by, receivedAt, latencyMs: null }, cursor: last });
  }
}
