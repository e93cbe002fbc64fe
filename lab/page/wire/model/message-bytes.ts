import { concat } from "../../../engine/decoder/bytes.ts";
import {
  type Chunk,
  ConnectionDecoder,
  chunksIn,
  type Span,
  type WireMessageKind,
} from "../../../engine/decoder/index.ts";
import type { Direction } from "../../../engine/weather.ts";
import type { Item, Piece, WireRecord } from "./wire-record.ts";

/** One direction of a message, as it is shown. */
export interface Side {
  readonly direction: Direction;
  readonly from: number;
  readonly to: number;
  readonly pieces: readonly Piece[];
  readonly spans: readonly Span[];
  /** The reads in which its bytes arrived. */
  readonly reads: readonly Chunk[];
}

/** Returns a message's bytes and spans as they were at `until`, in ms since the run began. */
export function shownOf(record: WireRecord, { connection, message }: Item, until: number): readonly Side[] {
  const { decoder } = connection;
  const sides: Omit<Side, "spans">[] = [];
  for (const direction of ["up", "down"] as const) {
    const unfinished = decoder.unfinished(direction);
    const growing = unfinished !== null && unfinished.message === message ? unfinished.span : null;
    const range = message[direction] ?? growing;
    if (range === null) continue;
    const { from } = range;
    const reads = chunksIn(decoder.chunks[direction], from, Math.max(range.to, growing?.to ?? 0)).filter(
      ({ at }) => at <= until,
    );
    const to = Math.min(Math.max(range.to, growing?.to ?? 0), reads.at(-1)?.to ?? from);
    if (to > from) sides.push({ direction, from, to, pieces: record.pieces(connection, direction, from, to), reads });
  }
  const spans = spansOf(message.kind, sides);
  return sides.map((side) => ({ ...side, spans: spans[side.direction] }));
}

/** Decodes a message's bytes into spans. */
export function spansOf(kind: WireMessageKind, sides: readonly Omit<Side, "spans">[]): Record<Direction, Span[]> {
  const spans: Record<Direction, Span[]> = { up: [], down: [] };
  const from = { up: 0, down: 0 };
  for (const side of sides) from[side.direction] = side.from;
  const decoder = new ConnectionDecoder({ kind, from, onSpan: (direction, span) => spans[direction].push(span) });
  for (const { direction, pieces } of sides) {
    for (const piece of pieces) {
      if ("bytes" in piece) decoder.feed(direction, piece.bytes);
      else decoder.skip(direction, piece.missing);
    }
  }
  for (const { direction } of sides) {
    const rest = decoder.unfinished(direction);
    if (rest !== null) spans[direction].push(rest.span);
  }
  return spans;
}

/** Consecutive bytes that share a row, a span and a read. */
export interface Cell {
  readonly from: number;
  readonly bytes: Uint8Array;
  readonly span: Span;
  /** Whether the first byte is the first one of its read. */
  readonly startsRead: boolean;
}

export type Row =
  | { readonly kind: "side"; readonly side: Side }
  | { readonly kind: "bytes"; readonly side: Side; readonly from: number; readonly cells: readonly Cell[] }
  | { readonly kind: "missing"; readonly side: Side; readonly from: number; readonly missing: number };

/** Returns the rows of a message: per direction a heading, then `width` bytes per row. */
export function rowsOf(sides: readonly Side[], width: number): Row[] {
  const rows: Row[] = [];
  for (const side of sides) {
    rows.push({ kind: "side", side });
    for (const segment of segmentsOf(side)) {
      if (segment.bytes === null) rows.push({ kind: "missing", side, from: segment.from, missing: segment.length });
      else pushRows(rows, side, segment.from, segment.bytes, width);
    }
  }
  return rows;
}

/** Adjacent bytes that are all recorded, or all missing (null). */
interface Segment {
  readonly from: number;
  readonly length: number;
  readonly bytes: Uint8Array | null;
}

/** Joins adjacent recorded pieces of a side, so that a row can contain bytes of several. */
function segmentsOf(side: Side): Segment[] {
  const segments: { from: number; length: number; parts: Uint8Array[] | null }[] = [];
  for (const piece of side.pieces) {
    const last = segments.at(-1);
    if ("missing" in piece) segments.push({ from: piece.from, length: piece.missing, parts: null });
    else if (last === undefined || last.parts === null)
      segments.push({ from: piece.from, length: piece.bytes.length, parts: [piece.bytes] });
    else {
      last.parts.push(piece.bytes);
      last.length += piece.bytes.length;
    }
  }
  return segments.map(({ from, length, parts }) => ({
    from,
    length,
    bytes: parts === null ? null : concat(parts),
  }));
}

function pushRows(rows: Row[], side: Side, from: number, bytes: Uint8Array, width: number): void {
  const starts = new Set(side.reads.map((read) => read.from));
  let spanIndex = indexOfSpan(side.spans, from);
  for (let row = 0; row < bytes.length; row += width) {
    const cells: Cell[] = [];
    const end = Math.min(row + width, bytes.length);
    for (let at = row; at < end; ) {
      while ((side.spans[spanIndex]?.to ?? Number.POSITIVE_INFINITY) <= from + at) spanIndex += 1;
      const span = side.spans[spanIndex];
      if (span === undefined) break;
      let to = Math.min(end, span.to - from);
      for (let next = at + 1; next < to; next += 1) if (starts.has(from + next)) to = next;
      cells.push({ from: from + at, bytes: bytes.subarray(at, to), span, startsRead: starts.has(from + at) });
      at = to;
    }
    rows.push({ kind: "bytes", side, from: from + row, cells });
  }
}

/** Returns the index of the span with the byte at `offset`, else of the one after it. */
export function indexOfSpan(spans: readonly Span[], offset: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.to ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns bytes as text, with a dot for each one that is not printable ASCII. */
export function asciiOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
}
