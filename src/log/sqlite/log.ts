import type { Core } from "../../chat/core.ts";
import {
  type Draft,
  type LogListener,
  numbered,
  type Read,
  type ReadLimit,
  type RoomLog,
  sizeOf,
} from "../../chat/log-port.ts";
import { LocalPresence } from "../../chat/presence.ts";
import type { RoomKeyHash } from "../../chat/room-key.ts";
import type { Position } from "../../protocol/cursor.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { Author, DurableEvent, EphemeralEvent } from "../../protocol/events.ts";
import type { CommandId, Epoch, MemberId } from "../../protocol/ids.ts";
import type { Dedupe, StoredReply } from "../dedupe.ts";
import { StoreError, storeRefusal } from "../store-error.ts";
import type { EventWindow } from "../window.ts";
import { type StoreParts, WindowPruner } from "./retention.ts";
import { costInFile, type EventRow, type ReplyRow } from "./tables.ts";

/** Events that left the window are deleted in groups of this size: a deletion per append would double its cost. */
const PRUNE_EVENTS = 256;

export interface SqliteLogParts extends StoreParts {
  readonly room: number;
  readonly epoch: Epoch;
  /** The seq after which its epoch began. */
  readonly began: number;
  readonly window: EventWindow;
  /** Everything up to this seq is no longer in the file. */
  readonly deletedUpTo: number;
  /** Bytes of its events in the file, including those that are not in the window. */
  readonly used: number;
  readonly keyHash: RoomKeyHash | null;
  /** Contains the replies in the file already. */
  readonly dedupe: Dedupe;
  /** Members whose `joined` has no `left` after it. */
  readonly members: readonly Author[];
  readonly core: Core;
  /** Reports the bytes of an event that was stored. */
  readonly onStored: (cost: number) => void;
  readonly onClosed: () => void;
}

/**
 * A log in a SQLite file. Events appended since it was opened are also in memory, within the replay window, so readers at
 * the head never touch the file. Older events are read from it.
 */
export class SqliteLog implements RoomLog {
  readonly epoch: Epoch;
  readonly keyHash: RoomKeyHash | null;
  readonly presence: LocalPresence;
  readonly #parts: SqliteLogParts;
  readonly #window: EventWindow;
  readonly #pruner: WindowPruner;
  /** The last seq assigned; those above `head` wait for their commit. */
  #assigned: number;
  /** True once it was reported that some events can't be read. */
  #damaged = false;
  #used: number;
  #listener: LogListener | null = null;

  constructor(parts: SqliteLogParts) {
    this.epoch = parts.epoch;
    this.#parts = parts;
    this.#window = parts.window;
    this.keyHash = parts.keyHash;
    this.presence = new LocalPresence(parts.core, this, parts.members);
    this.#assigned = parts.window.head;
    this.#used = parts.used;
    this.#pruner = new WindowPruner(parts, {
      room: parts.room,
      deletedUpTo: parts.deletedUpTo,
      deletable: () => this.#deletable,
      head: () => this.head,
      pruned: ({ bytes, keptReplies }, replies) => {
        this.#used -= bytes;
        parts.deleted(bytes, replies - keptReplies);
      },
    });
  }

  get head(): number {
    return this.#window.head;
  }

  get oldest(): number {
    return this.#window.oldest;
  }

  /** Replies that are remembered although their events are gone. Forgets those that are old enough. */
  get orphanedReplies(): number {
    const { dedupe, core } = this.#parts;
    dedupe.forget(core.clock.monotonicNow(), this.oldest);
    return Math.max(0, dedupe.size - (this.head - this.oldest + 1));
  }

  listen(listener: LogListener): void {
    this.#listener = listener;
  }

  append(draft: Draft): Promise<number> {
    const known = draft.type === "message" ? this.replyTo(draft.from.id, draft.id) : undefined;
    if (known !== undefined) return Promise.resolve(known);
    const { room, tables, commits, now, core } = this.#parts;
    const at = now();
    this.#assigned += 1;
    const event = numbered(draft, this.#assigned, core.clock.wallNow());
    const body = JSON.stringify(event);
    const bytes = sizeOf(body);
    const [member, command] = event.type === "message" ? [event.from.id, event.id] : [null, null];
    return new Promise((resolve, reject) => {
      commits.add({
        apply: () => tables.insertEvent(room, { seq: event.seq, at, bytes, member, command, body: null }, body),
        stored: () => {
          this.#take(event, bytes, at);
          resolve(event.seq);
        },
        refused: (error) => {
          // All writes of this turn are refused: the next append takes the first of their seqs.
          this.#assigned = this.head;
          reject(error);
        },
      });
    });
  }

  replyTo(member: MemberId, id: CommandId): number | undefined {
    return this.#parts.dedupe.seqOf(member, id);
  }

  findReply(member: MemberId, id: CommandId): Promise<number | undefined> {
    return Promise.resolve(this.replyTo(member, id));
  }

  broadcast(event: EphemeralEvent): void {
    this.#listener?.ephemeral(event);
  }

  async read(after: Position, limit: ReadLimit): Promise<Read> {
    const { oldest } = this;
    if (after.epoch !== this.epoch || after.seq > this.head) return this.#gap(null);
    if (after.seq < oldest - 1) return this.#gap(oldest - 1 - after.seq);
    const { to, bytes } = this.#window.rangeAfter(after.seq, limit);
    try {
      return { kind: "events", events: this.#slice(after.seq + 1, to), bytes };
    } catch (error) {
      if (!(error instanceof ProtocolError && error.code === "internal")) throw error;
      // It will not be readable later: a reader that waits for it would retry forever.
      if (!this.#damaged) this.#parts.core.report(error.cause);
      this.#damaged = true;
      const held = this.#firstInMemory;
      return { kind: "gap", position: { epoch: this.epoch, seq: held - 1 }, missed: held - 1 - after.seq };
    }
  }

  async before(
    { epoch, seq }: Position,
    limit: number,
    bytes = Number.POSITIVE_INFINITY,
  ): Promise<readonly DurableEvent[]> {
    if (epoch !== this.epoch) return [];
    const end = Math.min(seq, this.head);
    return this.#slice(this.#window.firstBefore(end, limit, bytes), end);
  }

  /** Bytes of its events, without those that left the window. */
  get cost(): number {
    return this.#window.cost;
  }

  /** Bytes of the events that can be deleted. */
  get spare(): number {
    return this.#window.spare;
  }

  /** Bytes of the events that left the window and are still in the file. */
  get undeletedBytes(): number {
    return Math.max(0, this.#used - this.#window.cost);
  }

  /** Drops its oldest events and starts to delete them. Returns the bytes freed. */
  shorten(bytes: number): number {
    const freed = this.#window.shorten(bytes);
    if (this.#pruner.backlog > 0) this.#pruner.start();
    return freed;
  }

  /** Drops events that are too old and starts to delete them. */
  evictOld(): void {
    this.#window.evict(this.#notBefore());
    if (this.#pruner.backlog > 0) this.#pruner.start();
  }

  close(): Promise<void> {
    this.evictOld();
    this.#parts.commits.flush();
    this.#listener = null;
    this.presence.stop();
    this.#parts.dedupe.clear();
    this.#parts.onClosed();
    return Promise.resolve();
  }

  /** The newest event is never deleted: it holds the log's head. */
  get #deletable(): number {
    return Math.min(this.oldest, this.head) - 1;
  }

  #take(event: DurableEvent, bytes: number, at: number): void {
    this.#window.push({ event, bytes, at });
    this.#used += costInFile(bytes);
    this.#parts.onStored(costInFile(bytes));
    this.#window.evict(this.#notBefore());
    if (this.#pruner.backlog >= PRUNE_EVENTS) this.#pruner.start();
    if (event.type === "message") {
      const { dedupe, core } = this.#parts;
      dedupe.remember(event.from.id, event.id, event.seq, core.clock.monotonicNow(), this.oldest);
    }
    this.#listener?.stored(event, bytes);
  }

  #notBefore(): number {
    return this.#parts.now() - this.#parts.replayMs;
  }

  /** Returns events from memory, and those that are not there from the file. Throws ProtocolError. */
  #slice(from: number, to: number): DurableEvent[] {
    const events: DurableEvent[] = [];
    // Newest first: only events at the beginning can be missing in memory.
    for (let seq = to; seq >= from; seq -= 1) {
      const { event } = this.#window.entry(seq);
      if (event === null) return [...this.#stored(from, seq), ...events.reverse()];
      events.push(event);
    }
    return events.reverse();
  }

  #stored(from: number, to: number): DurableEvent[] {
    try {
      return this.#parts.tables.bodies(this.#parts.room, from, to).map((body) => {
        const event: DurableEvent = JSON.parse(body);
        return event;
      });
    } catch (error) {
      throw error instanceof StoreError ? storeRefusal(error) : new ProtocolError("internal", { cause: error });
    }
  }

  get #firstInMemory(): number {
    let seq = this.head + 1;
    while (seq > this.oldest && this.#window.entry(seq - 1).event !== null) seq -= 1;
    return seq;
  }

  #gap(missed: number | null): Read {
    // A reader of another epoch has read what came before this one, or other events under the same seqs.
    const seq = missed === null ? Math.max(this.oldest - 1, this.#parts.began) : this.oldest - 1;
    return { kind: "gap", position: { epoch: this.epoch, seq }, missed };
  }
}

/** What a room's rows show about the time before its log was opened. */
export interface RestoredState {
  /** Oldest first. */
  readonly replies: readonly StoredReply[];
  /** Members whose `joined` has no `left` after it. */
  readonly members: readonly Author[];
}

/** Returns what a room's rows show about the time before its log was opened. `older`: replies whose events are gone. */
export function restoredState(events: readonly EventRow[], older: readonly ReplyRow[], now: number): RestoredState {
  const replies: StoredReply[] = older.map((row) => toReply(row, now));
  const members = new Map<MemberId, Author>();
  for (const { seq, at, member, command, body } of events) {
    if (member !== null && command !== null) replies.push(toReply({ seq, at, member, command }, now));
    else if (body !== null) applyPresence(members, JSON.parse(body));
  }
  return { replies, members: [...members.values()] };
}

function applyPresence(members: Map<MemberId, Author>, event: DurableEvent): void {
  switch (event.type) {
    case "joined":
      members.set(event.member.id, event.member);
      return;
    case "left":
      members.delete(event.member.id);
      return;
    case "message":
      return;
  }
}

function toReply({ seq, at, member, command }: ReplyRow, now: number): StoredReply {
  // Both had these types when they were stored.
  return { seq, ageMs: Math.max(0, now - at), member: member as MemberId, id: command as CommandId };
}
