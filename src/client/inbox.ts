import { formatCursor, type Position, parseCursor } from "../protocol/cursor.ts";
import type { Bye, DownEvent, Gap, Message, NumberedEvent } from "../protocol/events.ts";
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
  /** An own message has come down; when it was sent, if this client knows. */
  echoed(message: Message): Timing | null;
  /** The gap was told to this link and stands for something this client will not get. */
  gapped(link: ActiveLink, missed: number | null): void;
  /** Whether what is not in the log is to be taken from this link: while two are open, from one of them. */
  isPrimary(link: ActiveLink): boolean;
}

/** Takes events in from all links and hands each on once, in order, with how it got here. */
export class Inbox {
  readonly tracker: CursorTracker;
  readonly #owner: InboxOwner;
  readonly #clock = new ClockOffset();

  constructor(start: Cursor, owner: InboxOwner) {
    this.tracker = new CursorTracker(positionOf(start));
    this.#owner = owner;
  }

  /** Throws LinkError when the link has left something out. */
  take(event: Exclude<DownEvent, Bye>, link: ActiveLink): void {
    const now = this.#owner.platform.clock.monotonicNow();
    switch (event.type) {
      case "message":
      case "joined":
      case "left":
        this.#takeNumbered(event, link, now);
        break;
      case "gap":
        this.#takeGap(event, link);
        break;
      case "live":
        this.#clock.sample(link.startedAt, event.at, now);
        this.#checkPlace(positionOf(event.cursor), link);
        break;
      case "idle":
        // Later ones are sent at the server's own time, not in answer to anything.
        if (link.liveAt === null) this.#clock.sample(link.startedAt, event.at, now);
        break;
      case "typing":
      case "census": {
        const own = event.type === "typing" && event.member.id === this.#owner.ownId();
        if (!own && this.#owner.isPrimary(link)) this.#deliver(event, link, this.#clock.since(event.at, now));
      }
    }
  }

  #takeNumbered(event: NumberedEvent, link: ActiveLink, now: number): void {
    link.position = { epoch: link.position.epoch, seq: event.seq };
    const latencyMs = this.#latency(event, link, now);
    switch (this.tracker.take(link.position)) {
      case "seen":
        return;
      case "new":
        this.#deliver(event, link, latencyMs);
        return;
      case "hole":
        throw badAnswer(`Event ${event.seq} came after ${this.tracker.cursor} without a gap between them`);
    }
  }

  #latency(event: NumberedEvent, link: ActiveLink, now: number): number | null {
    const timing = event.type === "message" && event.from.id === this.#owner.ownId() ? this.#owner.echoed(event) : null;
    if (timing !== null && timing.sentAt !== null) {
      this.#clock.sample(timing.sentAt, event.at, timing.repliedAt ?? now);
    }
    if (link.replaying) return null;
    return timing === null ? this.#clock.since(event.at, now) : now - timing.queuedAt;
  }

  #takeGap(event: Gap, link: ActiveLink): void {
    const to = positionOf(event.cursor);
    const told = this.tracker.applyGap(to, link.position, event.missed);
    link.position = to;
    if (told === null) return;
    if (link.liveAt === null) link.gap = told;
    this.#owner.gapped(link, told.missed);
    this.#deliver({ ...event, missed: told.missed }, link, null);
  }

  #checkPlace(place: Position, link: ActiveLink): void {
    const strayed = place.epoch !== link.position.epoch || place.seq !== link.position.seq;
    if (!strayed || this.tracker.covers(place)) return;
    const { epoch, seq } = link.position;
    throw badAnswer(`Live at ${formatCursor(place.epoch, place.seq)}, but read only up to ${formatCursor(epoch, seq)}`);
  }

  #deliver(event: Delivery["event"], link: ActiveLink, latencyMs: number | null): void {
    const receivedAt = this.#owner.platform.clock.wallNow();
    this.#owner.deliveries.push({ event, by: link.transport.name, receivedAt, latencyMs }, this.tracker.cursor);
  }
}

function positionOf(cursor: string): Position {
  const position = parseCursor(cursor);
  if (position === null) throw badAnswer(`"${cursor}" is no place in the log`);
  return position;
}

/** As many as the server replays: who reads slower than that is told a gap here as it would be there. */
const CAPACITY = 10_000;

interface Waiting {
  readonly delivery: Delivery;
  /** Where the client stood after it. */
  readonly cursor: Cursor;
}

/** What waits for the client's consumer. Beyond its capacity the older half is given up, and a gap says so. */
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
    for (const { delivery, cursor } of this.#queue.drop(Math.ceil(this.#capacity / 2))) {
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
