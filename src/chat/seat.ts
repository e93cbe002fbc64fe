import { formatCursor, type Position } from "../protocol/cursor.ts";
import type { Cursor } from "../protocol/ids.ts";
import type { Seat } from "./ports.ts";
import type { Session } from "./session.ts";

interface Fields {
  readonly transport: string;
  readonly session: Session;
  readonly position: Position;
  readonly number: number;
  readonly fromHead: boolean;
}

/** The hub's own seat: a session that was checked, and the place it reads on from. */
export class AdmittedSeat implements Seat, Fields {
  readonly transport: string;
  readonly session: Session;
  readonly position: Position;
  readonly number: number;
  /** No cursor was given: it starts at the head, and even a poll is answered at once, with `live`. */
  readonly fromHead: boolean;

  constructor(seat: Fields) {
    this.transport = seat.transport;
    this.session = seat.session;
    this.position = seat.position;
    this.number = seat.number;
    this.fromHead = seat.fromHead;
  }

  /** The same seat at another place that was asked for. */
  at(position: Position): AdmittedSeat {
    const { transport, session, number } = this;
    return new AdmittedSeat({ transport, session, position, number, fromHead: false });
  }

  get cursor(): Cursor {
    return formatCursor(this.position.epoch, this.position.seq);
  }
}
