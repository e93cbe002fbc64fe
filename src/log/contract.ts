import type { Position } from "../protocol/cursor.ts";
import type { Author, Joined, Left, Message, NumberedEvent } from "../protocol/events.ts";
import type { CommandId, Epoch, MemberId } from "../protocol/ids.ts";

/** An event before the log has given it its place and time. */
export type Draft = Omit<Message, "seq" | "at"> | Omit<Joined, "seq" | "at"> | Omit<Left, "seq" | "at">;

/** At most this much in one answer; at least one event is given even if it alone is larger. */
export interface ReadLimit {
  /** Nothing beyond this seq. */
  readonly upTo: number;
  readonly events: number;
  readonly bytes: number;
}

export type Read =
  | { readonly kind: "events"; readonly events: readonly NumberedEvent[]; readonly bytes: number }
  /** The place asked for is not held: go on from `cursor`, the oldest place that is. */
  | { readonly kind: "gap"; readonly position: Position; readonly missed: number | null };

/** An `ok` that was given, or was owed, before the log was opened. */
export interface KeptReply {
  readonly member: MemberId;
  readonly id: CommandId;
  readonly seq: number;
  /** How long ago it was stored, in ms. */
  readonly ageMs: number;
}

/** What a log knows of its room from before it was opened. */
export interface Recollection {
  /** Oldest first. */
  readonly replies: readonly KeptReply[];
  /** Whose `joined` has no `left` after it. */
  readonly members: readonly Author[];
}

export const NOTHING_KEPT: Recollection = { replies: [], members: [] };

/** A room's events in their one order. Asynchronous, so that a file or another machine fits behind it. */
export interface RoomLog {
  readonly epoch: Epoch;
  /** Seq of the newest event, 0 when there never was one. */
  readonly head: number;
  /** Seq of the oldest event still held; `head + 1` when none is. */
  readonly oldest: number;
  /** Bytes held in this process's memory. */
  readonly bytes: number;
  /** What it knows from before; asked once, when the room is made. */
  recall(): Recollection;
  /** Resolves to the numbered event when it is stored. Rejects with a ProtocolError when it can't be; it is not stored then. */
  append(draft: Draft): Promise<NumberedEvent>;
  /** The events after a place, oldest first. */
  read(after: Position, limit: ReadLimit): Promise<Read>;
  /** The last `limit` events up to and including `seq`, oldest first; fewer, but one, where they would be over `bytes`. */
  before(seq: number, limit: number, bytes?: number): Promise<readonly NumberedEvent[]>;
  /** Tells of every event in order, this process's and others', as soon as it is stored. One listener. */
  listen(listener: (event: NumberedEvent, bytes: number) => void): void;
  /** `replies`: what its room remembers; a log that has them nowhere else keeps them until it is opened again. */
  close(replies?: () => readonly KeptReply[]): Promise<void>;
}
