import type { Author, NumberedEvent } from "../protocol/events.ts";
import type { CommandId, MemberId } from "../protocol/ids.ts";
import type { KeptReply, Recollection } from "./contract.ts";
import type { EventRow, ReplyRow } from "./sqlite-tables.ts";

/** What the rows of a room say of the time before: replies already given or still owed, and who was there. */
export function recollect(events: readonly EventRow[], older: readonly ReplyRow[], now: number): Recollection {
  const replies: KeptReply[] = older.map((row) => toReply(row, now));
  const members = new Map<MemberId, Author>();
  for (const { seq, at, member, command, body } of events) {
    if (member !== null && command !== null) replies.push(toReply({ seq, at, member, command }, now));
    else if (body !== null) follow(members, JSON.parse(body));
  }
  return { replies, members: [...members.values()] };
}

function follow(members: Map<MemberId, Author>, event: NumberedEvent): void {
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

function toReply({ seq, at, member, command }: ReplyRow, now: number): KeptReply {
  // They were of these kinds when they were stored.
  return { seq, ageMs: Math.max(0, now - at), member: member as MemberId, id: command as CommandId };
}
