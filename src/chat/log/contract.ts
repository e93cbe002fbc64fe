import type { Position } from "../../protocol/cursor.ts";
import type { Joined, Left, Message, NumberedEvent } from "../../protocol/events.ts";
import type { Epoch } from "../../protocol/ids.ts";

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

/** A room's events in their one order. Asynchronous, so that a file or another machine fits behind it. */
export interface RoomLog {
  readonly epoch: Epoch;
  /** Seq of the newest event, 0 when there never was one. */
  readonly head: number;
  /** Seq of the oldest event still held; `head + 1` when none is. */
  readonly oldest: number;
  /** Bytes held in this process's memory. */
  readonly bytes: number;
  /** Resolves to the numbered event when it is stored. */
  append(draft: Draft): Promise<NumberedEvent>;
  /** The events after a place, oldest first. */
  read(after: Position, limit: ReadLimit): Promise<Read>;
  /** The last `limit` events up to and including `seq`, oldest first. */
  before(seq: number, limit: number): Promise<readonly NumberedEvent[]>;
  /** Tells of every event in order, this process's and others', as soon as it is stored. One listener. */
  listen(listener: (event: NumberedEvent, bytes: number) => void): void;
  close(): Promise<void>;
}

/** Makes the log of a room, or opens it where it was kept. */
export type OpenLog = (room: string) => RoomLog;
