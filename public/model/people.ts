import type { Author, Member, NumberedEvent } from "../../src/protocol/events.ts";
import type { Members } from "../../src/protocol/http.ts";
import type { MemberId } from "../../src/protocol/ids.ts";

/** Who is in the room: everyone as a number, some of them by name. */
export interface People {
  readonly count: number;
  readonly byId: ReadonlyMap<MemberId, Member>;
  /** Up to this seq of the log everything is in the list already. */
  readonly asOf: number;
}

export const NOBODY: People = { count: 0, byId: new Map(), asOf: 0 };

/** The list as the server gave it. `asOf`: the log's head at that time. */
export function listed(members: Members, asOf: number): People {
  return { count: members.count, byId: new Map(members.members.map((member) => [member.id, member])), asOf };
}

/** Whether the server names everyone, so that the list can be kept by hand. */
function complete(people: People): boolean {
  return people.count === people.byId.size;
}

function counted(people: People, byId: ReadonlyMap<MemberId, Member>): People {
  const change = byId.size - people.byId.size;
  return { ...people, byId, count: complete(people) ? byId.size : Math.max(people.count + change, byId.size) };
}

/** The people after `event`. What happened before the list was made changes nothing. */
export function after(people: People, event: NumberedEvent): People {
  if (event.seq <= people.asOf) return people;
  switch (event.type) {
    case "joined":
      return counted(people, new Map(people.byId).set(event.member.id, withVia(event.member, event.via)));
    case "left": {
      const byId = new Map(people.byId);
      byId.delete(event.member.id);
      return counted(people, byId);
    }
    case "message": {
      const member = people.byId.get(event.from.id);
      if (member === undefined || event.via === undefined || member.via === event.via) return people;
      return { ...people, byId: new Map(people.byId).set(member.id, { ...member, via: event.via }) };
    }
  }
}

/** The number alone is known from a census on. */
export function recounted(people: People, count: number): People {
  return { ...people, count };
}

/** Sets what one member reads by, as far as this page knows better than the server's list. */
export function reads(people: People, id: MemberId, via: string): People {
  const member = people.byId.get(id);
  if (member === undefined || member.via === via) return people;
  return { ...people, byId: new Map(people.byId).set(id, { ...member, via }) };
}

function withVia(member: Member, via: string | undefined): Member {
  return via === undefined ? member : { ...member, via };
}

/** The same member under another id: the server forgot the session, and the client opened a new one. */
export function renamed(people: People, from: MemberId, to: MemberId): People {
  const member = people.byId.get(from);
  if (member === undefined) return people;
  const byId = new Map(people.byId);
  byId.delete(from);
  return counted(people, byId.set(to, { ...member, id: to }));
}

const BY_NAME = new Intl.Collator(undefined, { numeric: true });

/** For display: oneself first, then by name, "Student 2" before "Student 10". */
export function inOrder(people: People, me: MemberId | null): readonly Member[] {
  return [...people.byId.values()].sort((a, b) => {
    if (a.id === me) return -1;
    if (b.id === me) return 1;
    return BY_NAME.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
  });
}

/** How many of those named read by each transport, the most used first and last undefined, by none. */
export function byTransport(people: People): readonly (readonly [via: string | undefined, members: number])[] {
  const counts = new Map<string | undefined, number>();
  for (const { via } of people.byId.values()) counts.set(via, (counts.get(via) ?? 0) + 1);
  return [...counts].sort(([one, a], [other, b]) =>
    one === undefined || other === undefined ? Number(one === undefined) - Number(other === undefined) : b - a,
  );
}

/** Names that more than one of these people have. */
export function sharedNames(people: Iterable<Author>): ReadonlySet<string> {
  const idOf = new Map<string, MemberId>();
  const shared = new Set<string>();
  for (const { id, name } of people) {
    const same = name.normalize("NFKC").toLowerCase();
    const known = idOf.get(same) ?? id;
    if (known !== id) shared.add(same);
    idOf.set(same, known);
  }
  return shared;
}

/** What tells a member from others of the same name: the beginning of the id. Null where the name does. */
export function tagOf({ id, name }: Author, shared: ReadonlySet<string>): string | null {
  return shared.has(name.normalize("NFKC").toLowerCase()) ? id.slice(0, 4) : null;
}
