/** The people in a room: the member list, when it is reloaded, and who is typing. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Clock } from "../../src/clock.ts";
import type { Author, DurableEvent, Member } from "../../src/protocol/events.ts";
import type { Members } from "../../src/protocol/http.ts";
import type { MemberId } from "../../src/protocol/ids.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";

/** The members of a room. The server counts all of them; in a large room it names only some. */
export interface People {
  readonly count: number;
  readonly byId: ReadonlyMap<MemberId, Member>;
  /** Events up to this seq are in the list already. */
  readonly asOf: number;
}

export const NOBODY: People = { count: 0, byId: new Map(), asOf: 0 };

/** Returns the list as the server sent it. `asOf`: the log's head at that time. */
export function listed(members: Members, asOf: number): People {
  return { count: members.count, byId: new Map(members.members.map((member) => [member.id, member])), asOf };
}

/** Whether the server names everyone, so that events alone keep the list current. */
function isComplete(people: People): boolean {
  return people.count === people.byId.size;
}

function withMembers(people: People, byId: ReadonlyMap<MemberId, Member>): People {
  const change = byId.size - people.byId.size;
  return { ...people, byId, count: isComplete(people) ? byId.size : Math.max(people.count + change, byId.size) };
}

/** Returns the people after `event`. An event from before the list was made changes nothing. */
export function after(people: People, event: DurableEvent): People {
  if (event.seq <= people.asOf) return people;
  switch (event.type) {
    case "joined":
      return withMembers(people, new Map(people.byId).set(event.member.id, withVia(event.member, event.via)));
    case "left": {
      const byId = new Map(people.byId);
      byId.delete(event.member.id);
      return withMembers(people, byId);
    }
    case "message": {
      const member = people.byId.get(event.from.id);
      if (member === undefined || event.via === undefined || member.via === event.via) return people;
      return { ...people, byId: new Map(people.byId).set(member.id, { ...member, via: event.via }) };
    }
  }
}

/** Sets the number of members. A census event has nothing else. */
export function recounted(people: People, count: number): People {
  return { ...people, count };
}

/** Sets a member's transport, for the one member that this page knows better than the server's list: itself. */
export function withTransport(people: People, id: MemberId, via: string): People {
  const member = people.byId.get(id);
  if (member === undefined || member.via === via) return people;
  return { ...people, byId: new Map(people.byId).set(id, { ...member, via }) };
}

function withVia(member: Member, via: string | undefined): Member {
  return via === undefined ? member : { ...member, via };
}

/** Gives a member another id: the server forgot the session, and the client opened a new one. */
export function withNewId(people: People, from: MemberId, to: MemberId): People {
  const member = people.byId.get(from);
  if (member === undefined) return people;
  const byId = new Map(people.byId);
  byId.delete(from);
  return withMembers(people, byId.set(to, { ...member, id: to }));
}

const BY_NAME = new Intl.Collator(undefined, { numeric: true });

/** Returns the members in display order: oneself first, then by name, "Student 2" before "Student 10". */
export function inOrder(people: People, me: MemberId | null): readonly Member[] {
  return [...people.byId.values()].sort((a, b) => {
    if (a.id === me) return -1;
    if (b.id === me) return 1;
    return BY_NAME.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
  });
}

/** Counts the named members per transport, most used first. Members without a transport (undefined) come last. */
export function byTransport(people: People): readonly (readonly [via: string | undefined, members: number])[] {
  const counts = new Map<string | undefined, number>();
  for (const { via } of people.byId.values()) counts.set(via, (counts.get(via) ?? 0) + 1);
  return [...counts].sort(([one, a], [other, b]) =>
    one === undefined || other === undefined ? Number(one === undefined) - Number(other === undefined) : b - a,
  );
}

function normalized(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

/** Returns the names that more than one of these people have. */
export function sharedNames(people: Iterable<Author>): ReadonlySet<string> {
  const idOf = new Map<string, MemberId>();
  const shared = new Set<string>();
  for (const { id, name } of people) {
    const same = normalized(name);
    const known = idOf.get(same) ?? id;
    if (known !== id) shared.add(same);
    idOf.set(same, known);
  }
  return shared;
}

/** Returns the beginning of the id, to tell a member from others of the same name. Null if the name is unique. */
export function tagOf({ id, name }: Author, shared: ReadonlySet<string>): string | null {
  return shared.has(normalized(name)) ? id.slice(0, 4) : null;
}

/** Reloads the member list, at most once per `RELOAD_DELAY_MS` however often it is requested. */
export interface MemberReload {
  request(): void;
  /** Stops the timer. */
  end(): void;
}

/** Long enough for a new member to open a connection, whose transport is then in the list. */
const RELOAD_DELAY_MS = 1_500;

export function createMemberReload(clock: Clock, reload: () => Promise<void>): MemberReload {
  let cancel: (() => void) | null = null;
  return {
    request() {
      cancel ??= clock.after(RELOAD_DELAY_MS, () => {
        cancel = null;
        // If it fails the list stays, and the next event that needs it requests another reload.
        reload().catch(() => undefined);
      });
    },
    end() {
      cancel?.();
      cancel = null;
    },
  };
}

/** The other members who are typing. */
export interface Typists {
  readonly list: ReadonlySignal<readonly Author[]>;
  /** Handles a typing event. */
  started(member: Author): void;
  /** Removes a member whose message arrived, or who left. */
  stopped(id: string): void;
  /** Stops every timer. */
  end(): void;
}

/** A typing event comes once per `typingEveryMs`. A member who sent none for a little longer has stopped. */
const STOPPED_MS = TIMINGS.typingEveryMs + 2_000;

export function createTypists(clock: Clock): Typists {
  const list = signal<readonly Author[]>([]);
  const timers = new Map<string, () => void>();

  function stopped(id: string): void {
    timers.get(id)?.();
    if (timers.delete(id)) list.value = list.value.filter((member) => member.id !== id);
  }

  return {
    list,
    stopped,
    started(member) {
      timers.get(member.id)?.();
      if (!timers.has(member.id)) list.value = [...list.value, member];
      timers.set(
        member.id,
        clock.after(STOPPED_MS, () => stopped(member.id)),
      );
    },
    end() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
      list.value = [];
    },
  };
}
