import type { Core } from "../../chat/core.ts";
import type { Attendee, Presence, SessionNews } from "../../chat/log-port.ts";
import { listMembers } from "../../chat/presence.ts";
import type { ReaderNumbersState } from "../../chat/reader-numbers.ts";
import type { Timer } from "../../chat/timers.ts";
import { every } from "../../clock.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { Author, DurableEvent, Member } from "../../protocol/events.ts";
import type { MemberId } from "../../protocol/ids.ts";
import { RedisError } from "./connection.ts";
import type { Answer, Op, Snapshot, StoredNumbers } from "./scripts.ts";

/** What presence needs of its room's log. */
export interface PresenceStore {
  submit(op: Op): Promise<Answer>;
  /** Resolves when this process has delivered the event with this seq. */
  reached(seq: number): Promise<void>;
  publish(line: string): void;
  /** Resolves when everything that was published in this room before has arrived, or if Redis is out of reach. */
  heard(): Promise<void>;
  /** Ms since Redis was last out of reach. */
  readonly hearingForMs: number;
}

/** The reader numbers of a session as they are stored and published. */
interface SharedNumbers {
  readonly numbers: ReaderNumbersState;
  readonly via?: string;
}

interface KnownMember {
  readonly author: Author;
  via: string | undefined;
  /** Monotonic ms of the last `typing` that was passed on here. */
  typedAt?: number;
}

/**
 * Presence in a room that several processes use. A member is present until a deadline that lies in Redis. Each process
 * renews the deadlines of its own sessions, so nothing has to notice that a process died. `joined` and `left` are in the
 * log: the list of members follows it.
 */
export class RedisPresence implements Presence {
  readonly #core: Core;
  readonly #store: PresenceStore;
  #members = new Map<MemberId, KnownMember>();
  /** Sessions of this process. `until`: when Redis would count the member as gone, monotonic ms. */
  readonly #sessions = new Map<MemberId, { readonly session: Attendee; until: number }>();
  readonly #stopRenewing: () => void;
  #reapTimer: Timer | null = null;

  constructor(core: Core, store: PresenceStore) {
    this.#core = core;
    this.#store = store;
    this.#stopRenewing = every(core.clock, core.settings.renewMs, () => this.#renewAll());
  }

  get count(): number {
    return this.#members.size;
  }

  get inUse(): boolean {
    return this.#sessions.size > 0;
  }

  has(id: MemberId): boolean {
    return this.#members.has(id);
  }

  list(): Member[] {
    return listMembers(
      this.#members.values().map(({ author, via }) => ({
        author,
        via: this.#sessions.get(author.id)?.session.via ?? via,
      })),
    );
  }

  async join(session: Attendee): Promise<void> {
    const { id } = session.author;
    const known = this.#sessions.get(id);
    this.#sessions.set(id, { session, until: 0 });
    try {
      const numbers = await this.#join(session);
      if (numbers !== undefined) {
        const shared: SharedNumbers = JSON.parse(numbers.json); // a process of ours wrote it
        const graceMs = Math.max(0, shared.numbers.graceMs - numbers.ageMs);
        const via = session.via ?? shared.via;
        session.onNews({ type: "readers", numbers: { ...shared.numbers, graceMs }, via });
      }
    } catch (error) {
      if (known === undefined) this.#sessions.delete(id);
      throw error;
    }
  }

  async leave({ author: { id } }: Attendee, how: "left" | "idle"): Promise<number | undefined> {
    const known = this.#sessions.get(id);
    this.#sessions.delete(id);
    // It may be active in another process. If not, its deadline passes.
    if (how === "idle") return undefined;
    try {
      const answer = await this.#store.submit({ op: "leave", member: id });
      return answer.kind === "stored" ? answer.seq : undefined;
    } catch (error) {
      if (known !== undefined) this.#sessions.set(id, known);
      throw error;
    }
  }

  tell({ author: { id } }: Attendee, news: SessionNews): Promise<void> | undefined {
    switch (news.type) {
      case "readers": {
        const { numbers, via } = news;
        const member = this.#members.get(id);
        if (member !== undefined) member.via = via;
        const shared: SharedNumbers = via === undefined ? { numbers } : { numbers, via };
        const op = { op: "numbers", member: id, numbers: JSON.stringify(shared), via: via ?? "" } as const;
        // If Redis is out of reach, the next reader's numbers replace these.
        return this.#store.submit(op).then(ignore, ignore);
      }
      case "alive":
        this.#store.publish(`a${id}`);
        return undefined;
      case "ended":
        return undefined;
    }
  }

  catchUp(): Promise<void> {
    return this.#store.heard();
  }

  /** Handles what another process has published about a session. */
  onNews(id: MemberId, news: { readonly type: "ended" | "alive" } | { readonly type: "readers"; json: string }): void {
    const session = this.#sessions.get(id)?.session;
    if (news.type === "readers") {
      const { numbers, via }: SharedNumbers = JSON.parse(news.json); // another process of ours wrote it
      const member = this.#members.get(id);
      if (member !== undefined) member.via = via;
      session?.onNews({ type: "readers", numbers, via });
      return;
    }
    if (news.type === "ended") this.#sessions.delete(id);
    session?.onNews({ type: news.type });
  }

  /**
   * Returns whether a member's `typing` may be passed on to the readers of this process, and remembers it if so. `own`:
   * its command came to this process.
   */
  mayType(id: MemberId, own: boolean): boolean {
    const member = this.#members.get(id);
    if (member === undefined) return true;
    const now = this.#core.clock.monotonicNow();
    // Another process has checked the interval already. Half of it drops one that both let pass, but none that is late.
    const everyMs = this.#core.settings.typingEveryMs / (own ? 1 : 2);
    if (member.typedAt !== undefined && now - member.typedAt < everyMs) return false;
    member.typedAt = now;
    return true;
  }

  /** Applies an event of the log to the list of members. */
  onEvent(event: DurableEvent): void {
    if (event.type === "joined") this.onEntered(event.member, event.via);
    else if (event.type === "left") this.onGone(event.member.id);
  }

  onEntered({ id, name }: Member, via: string | undefined): void {
    this.#members.set(id, { author: { id, name }, via });
  }

  onGone(id: MemberId): void {
    this.#members.delete(id);
    const known = this.#sessions.get(id);
    // Another process made it leave while this one could not renew it.
    if (known !== undefined) this.#renew(known.session);
  }

  /** Takes over the members of a snapshot of the room. */
  reset({ members, deadlineMs }: Snapshot): void {
    this.#members = new Map(members.map(({ author, via }) => [author.id, { author, via }]));
    for (const { session } of this.#sessions.values()) {
      if (!this.#members.has(session.author.id)) this.#renew(session);
    }
    this.onDeadline(deadlineMs);
  }

  /** Makes members leave, some time after the earliest deadline has passed. */
  onDeadline(ms: number | null): void {
    if (ms === null || this.#reapTimer !== null) return;
    const { renewMs } = this.#core.settings;
    const spreadMs = Math.floor(this.#core.random() * Math.min(1_000, renewMs));
    this.#reapTimer = this.#core.timers.after(Math.max(0, ms) + spreadMs, () => {
      this.#reapTimer = null;
      // While Redis was out of reach no process could renew its members.
      if (this.#store.hearingForMs < 1.5 * renewMs) this.onDeadline(1.5 * renewMs);
      else this.#store.submit({ op: "reap" }).catch(() => this.onDeadline(renewMs));
    });
  }

  stop(): void {
    this.#stopRenewing();
    this.#reapTimer?.cancel();
  }

  /** Resolves to the reader numbers that other processes have stored. */
  async #join(session: Attendee): Promise<StoredNumbers | undefined> {
    const { author, via = "", presentForMs } = session;
    const deadlineMs = Math.max(0, presentForMs) + 2 * this.#core.settings.renewMs;
    const now = this.#core.clock.monotonicNow();
    const join = { op: "join", member: author.id, deadlineMs, author: JSON.stringify(author), via } as const;
    const answer = await this.#store.submit(join).catch(async (error: unknown) => {
      if (!isOutOfMemory(error)) throw error;
      // Members stay present while Redis has no memory for others.
      const renewed = await this.#store.submit({ op: "renew", member: author.id, deadlineMs });
      if (renewed.kind === "full") throw error;
      return renewed;
    });
    if (answer.kind === "ended") {
      this.#sessions.delete(author.id);
      session.onNews({ type: "ended" });
      throw new ProtocolError("session_unknown");
    }
    const known = this.#sessions.get(author.id);
    if (known !== undefined) known.until = now + deadlineMs;
    if (answer.kind === "stored") await this.#store.reached(answer.seq);
    return answer.kind === "stored" || answer.kind === "done" ? answer.numbers : undefined;
  }

  #renewAll(): void {
    const { clock, settings } = this.#core;
    const now = clock.monotonicNow();
    for (const { session, until } of this.#sessions.values()) {
      const wanted = now + session.presentForMs + 2 * settings.renewMs;
      // An idle session's deadline does not move.
      if (wanted - until > settings.renewMs / 2) this.#renew(session);
    }
  }

  /** A session that Redis counts as absent joins again by this. */
  #renew(session: Attendee): void {
    this.#join(session).catch((error: unknown) => {
      // The next renewal repeats it.
      if (!(error instanceof ProtocolError)) this.#core.report(error);
    });
  }
}

function ignore(): void {}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof ProtocolError && error.cause instanceof RedisError && error.cause.code === "OOM";
}
