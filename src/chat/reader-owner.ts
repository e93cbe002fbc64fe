import type { Position } from "../protocol/cursor.ts";
import type { ByeReason } from "../protocol/errors.ts";
import type { Outlet, Wire } from "./ports.ts";
import type { Reader } from "./reader.ts";

/** What a reader tells its owner. */
export interface ReaderOwner {
  /** It is about to read. */
  readerStarts(reader: Reader<unknown>): void;
  /** It reads no more: its response has ended as it should (a poll), it was told `bye`, or its peer has gone. */
  readerEnded(reader: Reader<unknown>, how: "answered" | "dismissed" | "cut"): void;
  /** Its connection is gone as well, after a `bye`. */
  readerGone(reader: Reader<unknown>): void;
  /** At each heartbeat: a reason to end it instead of writing `idle`. */
  readerVerdict(reader: Reader<unknown>): ByeReason | null;
}

export interface ReaderOptions<Frame> {
  readonly wire: Wire<Frame>;
  readonly outlet: Outlet<Frame>;
  readonly quietMs: number;
  readonly number: number;
  readonly start: Position;
  /** Whether it is owed a `live` once it has reached the head. */
  readonly announce: boolean;
}
