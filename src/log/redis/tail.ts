import { type ReadLimit, sizeOf } from "../../chat/log-port.ts";
import type { DurableEvent } from "../../protocol/events.ts";
import type { CommandId, MemberId } from "../../protocol/ids.ts";
import { Dedupe } from "../dedupe.ts";
import { EventWindow } from "../window.ts";
import type { StoredEvent } from "./scripts.ts";

/** What a process keeps in memory of each room. Readers at the head never wait for Redis. */
const BOUNDS = { replayEvents: 1_000, replayBytes: 1_048_576 } as const;

/**
 * The newest events of a shared room, without holes, and those that have to wait for an earlier one.
 *
 * Events come in replies to this process' own calls and in messages of the others, in either order. Both meet here by
 * seq: what is next is delivered, what was delivered is ignored, what is ahead waits.
 */
export class EventTail {
  readonly #deliver: (event: DurableEvent, bytes: number) => void;
  readonly #ahead = new Map<number, string>();
  /** Seqs of the commands whose messages are in the window. */
  #replies = new Dedupe(0);
  #window: EventWindow;

  /** `head`: the seq before the first event. `deliver` is called with each event in order. */
  constructor(head: number, deliver: (event: DurableEvent, bytes: number) => void) {
    this.#window = windowAfter(head);
    this.#deliver = deliver;
  }

  get head(): number {
    return this.#window.head;
  }

  get oldest(): number {
    return this.#window.oldest;
  }

  /** True if an event before one that has arrived is missing. */
  get hasHole(): boolean {
    return this.#ahead.size > 0;
  }

  /** Delivers an event if it is next, else holds it until those before it are here. */
  take(seq: number, body: string): void {
    if (seq <= this.head) return;
    if (seq > this.head + 1) {
      this.#ahead.set(seq, body);
      return;
    }
    this.#add(body);
    for (let next = this.#ahead.get(this.head + 1); next !== undefined; next = this.#ahead.get(this.head + 1)) {
      this.#ahead.delete(this.head + 1);
      this.#add(next);
    }
  }

  /**
   * Moves the head. Forward, over events that are lost, or to where it is: the window and its replies are then empty.
   * Backward, to where an older epoch ended: the events up to there stay.
   */
  jump(head: number): void {
    const kept = head < this.head ? this.slice(this.oldest, head) : [];
    this.#window = windowAfter(head - kept.length);
    this.#replies = new Dedupe(0);
    for (const event of kept) this.#push(event, sizeOf(JSON.stringify(event)));
    for (const seq of this.#ahead.keys()) if (seq <= head) this.#ahead.delete(seq);
  }

  /** Drops what is ahead: it is of another epoch. */
  dropAhead(): void {
    this.#ahead.clear();
  }

  /** Returns the seq of the message that was stored for a command, if it is in the window. */
  seqOf(member: MemberId, id: CommandId): number | undefined {
    return this.#replies.seqOf(member, id);
  }

  /** Returns the events from one seq to another; both must be in the window, or the range empty. */
  slice(from: number, to: number): DurableEvent[] {
    const events: DurableEvent[] = [];
    for (let seq = from; seq <= to; seq += 1) {
      const { event } = this.#window.entry(seq);
      if (event !== null) events.push(event);
    }
    return events;
  }

  /** Returns all its events as they are stored. */
  get stored(): StoredEvent[] {
    return this.slice(this.oldest, this.head).map((event) => ({ seq: event.seq, body: JSON.stringify(event) }));
  }

  /** See EventWindow. */
  rangeAfter(after: number, limit: ReadLimit): { readonly to: number; readonly bytes: number } {
    return this.#window.rangeAfter(after, limit);
  }

  /** See EventWindow. */
  firstBefore(seq: number, events: number, mostBytes: number): number {
    return this.#window.firstBefore(seq, events, mostBytes);
  }

  #add(body: string): void {
    const event = parseEvent(body);
    const bytes = sizeOf(body);
    this.#push(event, bytes);
    this.#deliver(event, bytes);
  }

  #push(event: DurableEvent, bytes: number): void {
    this.#window.push({ event, bytes, at: event.at });
    this.#window.evict();
    if (event.type === "message") this.#replies.remember(event.from.id, event.id, event.seq, 0, this.oldest);
  }
}

/** Parses an event that a script has stored. */
export function parseEvent(body: string): DurableEvent {
  const event: DurableEvent = JSON.parse(body); // a script of ours wrote it
  return event;
}

function windowAfter(head: number): EventWindow {
  return new EventWindow(BOUNDS, { bytes: 0 }, (size) => size, head);
}
