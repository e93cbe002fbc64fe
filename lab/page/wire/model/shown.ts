import {
  type Chunk,
  ConnectionDecoder,
  chunksIn,
  type Span,
  type WireMessageKind,
} from "../../../engine/decoder/index.ts";
import type { Direction } from "../../../engine/weather.ts";
import type { Item, Piece, WireRecord } from "./record.ts";

/** One direction of a passage, as it is shown. */
export interface Side {
  readonly direction: Direction;
  readonly from: number;
  readonly to: number;
  readonly pieces: readonly Piece[];
  readonly spans: readonly Span[];
  /** The reads its bytes came in. */
  readonly reads: readonly Chunk[];
}

/** A passage's bytes and what they say, as far as they had come at `until`, in ms since the run began. */
export function shownOf(record: WireRecord, { connection, passage }: Item, until: number): readonly Side[] {
  const { dissector } = connection;
  const sides: Omit<Side, "spans">[] = [];
  for (const direction of ["up", "down"] as const) {
    const unfinished = dissector.unfinished(direction);
    const growing = unfinished !== null && unfinished.message === passage ? unfinished.span : null;
    const stretch = passage[direction] ?? growing;
    if (stretch === null) continue;
    const { from } = stretch;
    const reads = chunksIn(dissector.chunks[direction], from, Math.max(stretch.to, growing?.to ?? 0)).filter(
      ({ at }) => at <= until,
    );
    const to = Math.min(Math.max(stretch.to, growing?.to ?? 0), reads.at(-1)?.to ?? from);
    if (to > from) sides.push({ direction, from, to, pieces: record.pieces(connection, direction, from, to), reads });
  }
  const spans = spansOf(passage.kind, sides);
  return sides.map((side) => ({ ...side, spans: spans[side.direction] }));
}

/** The spans of a passage's bytes. */
export function spansOf(kind: WireMessageKind, sides: readonly Omit<Side, "spans">[]): Record<Direction, Span[]> {
  const spans: Record<Direction, Span[]> = { up: [], down: [] };
  const from = { up: 0, down: 0 };
  for (const side of sides) from[side.direction] = side.from;
  const dissector = new ConnectionDecoder({ kind, from, onSpan: (direction, span) => spans[direction].push(span) });
  for (const { direction, pieces } of sides) {
    for (const piece of pieces) {
      if ("bytes" in piece) dissector.feed(direction, piece.bytes);
      else dissector.skip(direction, piece.missing);
    }
  }
  for (const { direction } of sides) {
    const rest = dissector.unfinished(direction);
    if (rest !== null) spans[direction].push(rest.span);
  }
  return spans;
}
