import type { Core } from "../../chat/core.ts";
import {
  type LogListener,
  type MessageDraft,
  type Read,
  type ReadLimit,
  type RoomLog,
  sizeOf,
} from "../../chat/log-port.ts";
import type { RoomKeyHash } from "../../chat/room-key.ts";
import type { Position } from "../../protocol/cursor.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { DurableEvent, EphemeralEvent } from "../../protocol/events.ts";
import type { CommandId, Epoch, MemberId } from "../../protocol/ids.ts";
import { RedisError } from "./connection.ts";
import type { RedisLink } from "./link.ts";
import { OpQueue } from "./op-queue.ts";
import { beginEpoch, openOrCreate, openRoom, type RoomParts } from "./open-room.ts";
import { RedisPresence } from "./presence.ts";
import type { Appended, Snapshot, StoredEvent } from "./scripts.ts";
import { EventTail, parseEvent } from "./tail.ts";

/** Messages of other processes may overtake each other: a missing one is fetched only after this time. */
const HOLE_MS = 50;
/** Redis may refuse for a while, for example while a script of another client blocks it. */
const RETRY_MS = 500;

export interface RedisLogParts extends RoomParts {
  readonly link: RedisLink;
  /** Called when another process has revoked a session. */
  readonly onRevoked: (member: MemberId) => void;
  readonly onClosed: () => void;
}

/**
 * A room that several processes share through Redis. Redis numbers the events; each process reads the same log.
 *
 * Events arrive in replies to this process' own calls and in messages that the others publish. Both meet in the tail; what
 * is missing there is fetched. When Redis has another history, after a restart or a failover, the log continues in a
 * new epoch, and `#past` has the last seq of each older one.
 */
export class RedisLog implements RoomLog {
  readonly keyHash: RoomKeyHash | null;
  readonly presence: RedisPresence;
  epoch: Epoch;
  oldest: number;
  readonly #parts: RedisLogParts;
  readonly #queue: OpQueue;
  #past: Snapshot["past"];
  readonly #tail: EventTail;
  #listener: LogListener | null = null;
  #waiting: { readonly seq: number; readonly resolve: () => void }[] = [];
  #syncing: Promise<void> | null = null;
  #echoes: { readonly number: number; readonly resolve: () => void }[] = [];
  #echoesSent = 0;
  /** The echo that all callers of this turn wait for; null: there is none yet. */
  #nextEcho: Promise<void> | null = null;
  #holeTimer: (() => void) | null = null;
  #retryTimer: (() => void) | null = null;
  #closed = false;

  /** Opens a room. Creates it with this key hash if there is none. Rejects with RedisError. */
  static async open(parts: RedisLogParts, keyHash: RoomKeyHash | null): Promise<RedisLog> {
    const { link, scripts, room } = parts;
    const early: string[] = [];
    let log: RedisLog | null = null;
    await link.subscribe(scripts.channelOf(room), (message) => {
      if (log === null) early.push(message);
      else log.#onMessage(message);
    });
    try {
      log = new RedisLog(parts, await openRoom(parts, keyHash));
    } catch (error) {
      link.unsubscribe(scripts.channelOf(room));
      throw error;
    }
    for (const message of early) log.#onMessage(message);
    return log;
  }

  private constructor(parts: RedisLogParts, snapshot: Snapshot) {
    const { core, link, scripts, room, node } = parts;
    this.#parts = parts;
    this.keyHash = snapshot.keyHash;
    this.epoch = snapshot.epoch;
    this.oldest = snapshot.oldest;
    this.#past = snapshot.past;
    const tail = withoutHoles(snapshot.events);
    const before = (tail[0]?.seq ?? snapshot.head + 1) - 1;
    this.#tail = new EventTail(before, (event, bytes) => this.#deliver(event, bytes));
    this.#queue = new OpQueue(core, {
      get connected() {
        return link.connected;
      },
      append: (ops) => scripts.append(room, node, ops),
      onAppended: (appended) => this.#onAppended(appended),
      recover: () => this.#sync(),
    });
    this.presence = new RedisPresence(core, {
      submit: (op) => this.#queue.submit(op),
      reached: (seq) => this.#reached(seq),
      publish: (line) => this.#publish(line),
      heard: () => this.#heard(),
      get hearingForMs() {
        return link.hearingForMs;
      },
    });
    for (const { seq, body } of tail) this.#tail.take(seq, body);
    this.presence.reset(snapshot);
  }

  get head(): number {
    return this.#tail.head;
  }

  listen(listener: LogListener): void {
    this.#listener = listener;
  }

  async append({ type: _, ...fields }: MessageDraft, byPost = false): Promise<number> {
    const { from, id } = fields;
    // The script puts type, seq and time in front, and adds the transport where it knows better.
    const tail = JSON.stringify(byPost ? { ...fields, via: undefined } : fields).slice(1);
    const answer = await this.#queue.submit({ op: "say", member: from.id, id, tail, byPost });
    switch (answer.kind) {
      case "stored":
      case "again":
        return answer.seq;
      case "full":
        throw new ProtocolError("overloaded", { retryAfterMs: 10_000 });
      case "done":
      case "ended":
        throw new TypeError(`A message was answered with ${answer.kind}.`);
    }
  }

  /** Knows only the newest messages. `findReply` and the script know all. */
  replyTo(member: MemberId, id: CommandId): number | undefined {
    return this.#tail.seqOf(member, id);
  }

  async findReply(member: MemberId, id: CommandId): Promise<number | undefined> {
    const answer = await this.#queue.submit({ op: "find", member, id });
    return answer.kind === "again" ? answer.seq : undefined;
  }

  /** Revokes a session. Resolves once that is stored. Call it in one turn with the member's leave: both are one call. */
  async revoke(member: MemberId, until: number): Promise<void> {
    await this.#queue.submit({ op: "end", member, until });
  }

  broadcast(event: EphemeralEvent): void {
    if (this.#passOn(event, true)) this.#publish(`p${JSON.stringify(event)}`);
  }

  async read(after: Position, limit: ReadLimit): Promise<Read> {
    // The client may come from a process that is ahead of this one and has sent it a later event, or a new epoch.
    if (!this.#knows(after)) await this.#syncForReader();
    const end = this.#endOf(after.epoch);
    // Events above a past epoch's end were lost. Above this one's head there never was any.
    if (end === undefined || after.seq > end) return this.#gap(after.epoch === this.epoch ? 0 : (end ?? 0), null);
    const { oldest } = this;
    if (after.seq < oldest - 1) return this.#gap(oldest - 1, oldest - 1 - after.seq);
    if (after.epoch !== this.epoch) return this.#gap(after.seq, 0);
    // What the fetch above has added is still to be broadcast.
    if (after.seq >= limit.upTo) return { kind: "events", events: [], bytes: 0 };
    if (after.seq < this.#tail.oldest - 1) return this.#readStored(after, limit);
    const { to, bytes } = this.#tail.rangeAfter(after.seq, limit);
    return { kind: "events", events: this.#tail.slice(after.seq + 1, to), bytes };
  }

  async before(position: Position, limit: number, bytes = Number.POSITIVE_INFINITY): Promise<readonly DurableEvent[]> {
    if (!this.#knows(position)) await this.#syncForReader();
    const known = this.#endOf(position.epoch);
    if (known === undefined || position.seq > known) return [];
    const end = Math.min(position.seq, this.head);
    const first = Math.max(this.oldest, end - limit + 1);
    if (first >= this.#tail.oldest) return this.#tail.slice(this.#tail.firstBefore(end, limit, bytes), end);
    const stored = await this.#fetch(first - 1, end - first + 1, Number.POSITIVE_INFINITY);
    if (stored === null) return this.before(position, limit, bytes);
    let size = 0;
    const kept = stored.toReversed().filter(({ body }, index) => {
      size += sizeOf(body);
      return index === 0 || size <= bytes;
    });
    return kept.toReversed().map(({ body }) => parseEvent(body));
  }

  async close(): Promise<void> {
    await this.#queue.settled();
    this.#closed = true;
    this.#listener = null;
    this.#queue.close();
    this.#settleWaiting(Number.POSITIVE_INFINITY);
    this.#settleEchoes(Number.POSITIVE_INFINITY);
    this.presence.stop();
    this.#holeTimer?.();
    this.#retryTimer?.();
    this.#parts.link.unsubscribe(this.#parts.scripts.channelOf(this.#parts.room));
    this.#parts.onClosed();
  }

  // The connection to Redis

  /** Fetches what was missed while Redis was out of reach, then repeats what was pending. */
  onUp(): void {
    this.#syncSoon();
  }

  onDown(): void {
    this.#queue.onDown();
    this.#settleEchoes(Number.POSITIVE_INFINITY);
  }

  // Events that arrive

  #onAppended({ epoch, first, oldest, lines, deadlineMs }: Appended & { readonly kind: "ok" }): void {
    if (epoch === this.epoch) this.oldest = oldest;
    this.#onLines(epoch, first, lines, true);
    this.presence.onDeadline(deadlineMs);
  }

  #onMessage(message: string): void {
    const [header = ""] = message.split("\n", 1);
    const [epoch, first, node, oldest] = header.split(" ");
    // The process that has caused a message knows its content from the reply to the call; only the echo is news.
    const start = header.length + 1;
    if (node === this.#parts.node) {
      if (message[start] === "e") this.#settleEchoes(Number(message.slice(start + 1)));
      return;
    }
    const lines = message.slice(start).split("\n");
    this.#onLines(epoch as Epoch, Number(first), lines, false);
    if (oldest !== undefined && epoch === this.epoch) this.oldest = Number(oldest);
  }

  /** Handles the lines of one call. `first`: the seq of the first event. `own`: this process has made the call. */
  #onLines(epoch: Epoch, first: number, lines: readonly string[], own: boolean): void {
    let seq = first;
    for (const line of lines) {
      if (!line.startsWith("{")) {
        this.#onNews(line, own);
        continue;
      }
      if (epoch === this.epoch) this.#take(seq, line);
      seq += 1;
    }
    if (epoch !== this.epoch) this.#syncSoon();
  }

  /**
   * Handles a line that is not an event. In a crowded room: `+` entered, `-` gone, `#` the census. From another process
   * only: `x` session ended, `a` alive, `n` reader numbers, `p` an ephemeral event.
   */
  #onNews(line: string, own: boolean): void {
    const [rest, ...more] = line.slice(1).split(" ");
    const member = rest as MemberId; // in the lines that begin with a member
    const text = more.join(" ");
    switch (line.charAt(0)) {
      case "+":
        this.presence.onEntered(JSON.parse(text), rest === "" ? undefined : rest);
        return;
      case "-":
        this.presence.onGone(member);
        return;
      case "#":
        this.#listener?.ephemeral({ type: "census", at: this.#parts.core.clock.wallNow(), count: Number(rest) });
        return;
    }
    if (own) return;
    switch (line.charAt(0)) {
      case "x":
        this.#parts.onRevoked(member);
        this.presence.onNews(member, { type: "ended" });
        return;
      case "a":
        this.presence.onNews(member, { type: "alive" });
        return;
      case "n":
        this.presence.onNews(member, { type: "readers", json: text });
        return;
      case "p":
        this.#passOn(JSON.parse(line.slice(1)), false);
    }
  }

  #take(seq: number, body: string): void {
    if (this.#closed) return;
    this.#tail.take(seq, body);
    if (!this.#tail.hasHole) return;
    this.#holeTimer ??= this.#parts.core.clock.after(HOLE_MS, () => {
      this.#holeTimer = null;
      if (!this.#tail.hasHole) return;
      this.#parts.core.meter.sharedStoreEvent("hole");
      this.#syncSoon();
    });
  }

  #deliver(event: DurableEvent, bytes: number): void {
    this.presence.onEvent(event);
    this.#listener?.stored(event, bytes);
    if (this.#waiting.length > 0) this.#settleWaiting(this.head);
  }

  #settleWaiting(upTo: number): void {
    for (const { seq, resolve } of this.#waiting) if (seq <= upTo) resolve();
    this.#waiting = this.#waiting.filter(({ seq }) => seq > upTo);
  }

  #reached(seq: number): Promise<void> {
    if (seq <= this.head) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ seq, resolve }));
  }

  /** Resolves when everything that was published before has arrived, or if Redis is out of reach. */
  #heard(): Promise<void> {
    this.#nextEcho ??= new Promise((resolve) => {
      this.#parts.core.defer(() => {
        this.#nextEcho = null;
        if (this.#closed || !this.#parts.link.connected) {
          resolve();
          return;
        }
        this.#echoesSent += 1;
        this.#echoes.push({ number: this.#echoesSent, resolve });
        this.#publish(`e${this.#echoesSent}`);
      });
    });
    return this.#nextEcho;
  }

  #settleEchoes(upTo: number): void {
    for (const { number, resolve } of this.#echoes) if (number <= upTo) resolve();
    this.#echoes = this.#echoes.filter(({ number }) => number > upTo);
  }

  /** Passes an ephemeral event to the readers here, but no `typing` too soon after the last. Returns whether it did. */
  #passOn(event: EphemeralEvent, own: boolean): boolean {
    if (event.type === "typing" && !this.presence.mayType(event.member.id, own)) return false;
    this.#listener?.ephemeral(event);
    return true;
  }

  #publish(line: string): void {
    const { link, scripts, room, node } = this.#parts;
    link.publish(scripts.channelOf(room), `${this.epoch} 0 ${node}\n${line}`);
  }

  // What Redis knows

  /** Fetches everything up to Redis' head, and takes over a new epoch. Rejects with RedisError. */
  #sync(): Promise<void> {
    this.#syncing ??= this.#synchronise().finally(() => {
      this.#syncing = null;
    });
    return this.#syncing;
  }

  #syncSoon(): void {
    this.#sync().then(
      () => this.#queue.onUp(),
      (error: unknown) => this.#onSyncFailed(error),
    );
  }

  /** While Redis is out of reach nothing can be done: `onUp` comes. */
  #onSyncFailed(error: unknown): void {
    const { core } = this.#parts;
    if (!(error instanceof RedisError)) core.report(error);
    else if (error.kind === "refused" && !this.#closed) {
      this.#retryTimer ??= core.clock.after(RETRY_MS, () => {
        this.#retryTimer = null;
        this.#syncSoon();
      });
    }
  }

  #syncForReader(): Promise<void> {
    return this.#sync().catch((error: unknown) => refuse(this.#parts.core, error));
  }

  async #synchronise(): Promise<void> {
    for (;;) {
      if (this.#closed) return;
      // A room that is gone begins again without what this process has of it: it may have been deleted on purpose.
      const opened = await openOrCreate(this.#parts, this.keyHash, this.head);
      if (this.#closed) return;
      if (opened.kind === "open") {
        if (this.#follow(opened.snapshot)) return;
      } else {
        // Redis may have lost events that this process has: they are put back before the new epoch begins.
        await beginEpoch(this.#parts, () => ({ epoch: this.epoch, past: this.#past, events: this.#tail.stored }));
      }
    }
  }

  /** Takes over what Redis has beyond the head. Returns false while there is more. */
  #follow(snapshot: Snapshot): boolean {
    const sameEpoch = snapshot.epoch === this.epoch;
    const end = sameEpoch ? snapshot.head : snapshot.past.find(({ epoch }) => epoch === this.epoch)?.end;
    const missed = snapshot.events.filter(({ seq }) => seq > this.head && seq <= (end ?? 0));
    this.oldest = snapshot.oldest;
    for (const { seq, body } of missed) {
      // The events in between were deleted or damaged before this process saw them.
      if (seq > this.head + 1) this.#jump(seq - 1);
      this.#tail.take(seq, body);
    }
    if (!sameEpoch) {
      if (end !== undefined && this.head < end && missed.length > 0) return false;
      this.epoch = snapshot.epoch;
      this.#past = snapshot.past;
      this.#parts.core.meter.sharedStoreEvent("epoch");
      this.#tail.dropAhead();
      this.#jump(end ?? snapshot.oldest - 1);
      return false;
    }
    this.#past = snapshot.past;
    if (this.head < snapshot.head) {
      if (missed.length > 0) return false;
      this.#jump(snapshot.head);
    }
    // Only the last page has the members. Its events may all have been published meanwhile.
    if ((snapshot.events.at(-1)?.seq ?? snapshot.head) < snapshot.head) return false;
    this.presence.reset(snapshot);
    // What was published after the snapshot was taken has been delivered already.
    for (const event of this.#tail.slice(Math.max(snapshot.head + 1, this.#tail.oldest), this.head)) {
      this.presence.onEvent(event);
    }
    return true;
  }

  /** Continues after another event than the last one delivered. Readers read again from their own position. */
  #jump(head: number): void {
    this.#tail.jump(head);
    this.#settleWaiting(Number.POSITIVE_INFINITY);
    this.#listener?.jumped();
  }

  // Reading

  /** Whether this process can judge a position without asking Redis. */
  #knows({ epoch, seq }: Position): boolean {
    return epoch === this.epoch ? seq <= this.head : this.#endOf(epoch) !== undefined;
  }

  /** Returns the last seq of an epoch's history; undefined if the epoch is unknown. */
  #endOf(epoch: Epoch): number | undefined {
    return epoch === this.epoch ? this.head : this.#past.find((past) => past.epoch === epoch)?.end;
  }

  async #readStored(after: Position, limit: ReadLimit): Promise<Read> {
    const stored = await this.#fetch(after.seq, Math.min(limit.events, limit.upTo - after.seq), limit.bytes);
    if (stored === null) return this.read(after, limit);
    const [first] = stored;
    if (first === undefined) return this.#gap(this.#tail.oldest - 1, this.#tail.oldest - 1 - after.seq);
    // Deleted or damaged: it will not be readable later.
    if (first.seq > after.seq + 1) return this.#gap(first.seq - 1, first.seq - 1 - after.seq);
    const dense = stored.filter(({ seq }, index) => seq === first.seq + index);
    const events = dense.map(({ body }) => parseEvent(body));
    return { kind: "events", events, bytes: dense.reduce((sum, { body }) => sum + sizeOf(body), 0) };
  }

  /** Resolves to null, after a sync, if Redis had another history than this process: then judge the position again. */
  async #fetch(after: number, events: number, bytes: number): Promise<readonly StoredEvent[] | null> {
    const { scripts, room, core } = this.#parts;
    const call = scripts.open(room, { create: null, after, events, bytes });
    const opened = await call.catch((error: unknown) => refuse(core, error));
    if (opened.kind === "open" && opened.snapshot.epoch === this.epoch) return opened.snapshot.events;
    await this.#syncForReader();
    return null;
  }

  #gap(seq: number, missed: number | null): Read {
    return { kind: "gap", position: { epoch: this.epoch, seq: Math.max(seq, this.oldest - 1) }, missed };
  }
}

/** Returns the newest of these events up to the first hole before them. */
function withoutHoles(events: readonly StoredEvent[]): readonly StoredEvent[] {
  const from = events.findLastIndex(({ seq }, index) => seq !== (events[index - 1]?.seq ?? seq) + 1);
  return events.slice(Math.max(0, from));
}

/** Converts RedisError into the refusal that clients get. */
function refuse({ random }: Core, error: unknown): never {
  if (!(error instanceof RedisError)) throw error;
  throw new ProtocolError("overloaded", {
    message: "The store can't be used at the moment. Try again later.",
    retryAfterMs: 1_000 + Math.floor(random() * 2_000),
    cause: error,
  });
}
