import { formatCursor, type Position } from "../protocol/cursor.ts";
import type { Cursor } from "../protocol/ids.ts";
import type { Seat } from "./ports.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";

interface Fields {
  readonly transport: string;
  readonly session: Session;
  readonly room: Room;
  readonly position: Position;
  readonly number: number;
  readonly fromHead: boolean;
}

/** The hub's own seat: a session that was checked, and the place it reads on from. */
export class AdmittedSeat implements Seat, Fields {
  readonly transport: string;
  readonly session: Session;
  readonly room: Room;
  readonly position: Position;
  readonly number: number;
  /** No cursor was given: it starts at the head, and even a poll is answered at once, with `live`. */
  readonly fromHead: boolean;

  constructor(seat: Fields) {
    this.transport = seat.transport;
    this.session = seat.session;
    this.room = seat.room;
    this.position = seat.position;
    this.number = seat.number;
    this.fromHead = seat.fromHead;
  }

  get cursor(): Cursor {
    return formatCursor(this.position.epoch, this.position.seq);
  }
}
