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
  /** The reads its bytes came in. */
  readonly reads: readonly Chunk[];
}

/** A message's bytes and what they say, as far as they had come at `until`, in ms since the run began. */
export function shownOf(record: WireRecord, { connection, message }: Item, until: number): readonly Side[] {
  const { decoder } = connection;
  const sides: Omit<Side, "spans">[] = [];
  for (const direction of ["up", "down"] as const) {
    const unfinished = decoder.unfinished(direction);
    const growing = unfinished !== null && unfinished.message === message ? unfinished.span : null;
    const stretch = message[direction] ?? growing;
    if (stretch === null) continue;
    const { from } = stretch;
    const reads = chunksIn(decoder.chunks[direction], from, Math.max(stretch.to, growing?.to ?? 0)).filter(
      ({ at }) => at <= until,
    );
    const to = Math.min(Math.max(stretch.to, growing?.to ?? 0), reads.at(-1)?.to ?? from);
    if (to > from) sides.push({ direction, from, to, pieces: record.pieces(connection, direction, from, to), reads });
  }
  const spans = spansOf(message.kind, sides);
  return sides.map((side) => ({ ...side, spans: spans[side.direction] }));
}

/** The spans of a message's bytes. */
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

/** Bytes of one row that belong to one span and came in one read. */
export interface Cell {
  readonly from: number;
  readonly bytes: Uint8Array;
  readonly span: Span;
  /** The first byte of a read. */
  readonly startsRead: boolean;
}

export type Row =
  | { readonly kind: "side"; readonly side: Side }
  | { readonly kind: "bytes"; readonly side: Side; readonly from: number; readonly cells: readonly Cell[] }
  | { readonly kind: "missing"; readonly side: Side; readonly from: number; readonly missing: number };

/** The rows of a message: per direction a heading, and `width` bytes a row. */
export function rowsOf(sides: readonly Side[], width: number): Row[] {
  const rows: Row[] = [];
  for (const side of sides) {
    rows.push({ kind: "side", side });
    for (const stretch of stretchesOf(side)) {
      if (stretch.bytes === null) rows.push({ kind: "missing", side, from: stretch.from, missing: stretch.length });
      else pushRows(rows, side, stretch.from, stretch.bytes, width);
    }
  }
  return rows;
}

interface ByteRange {
  readonly from: number;
  readonly length: number;
  readonly bytes: Uint8Array | null;
}

/** The pieces of a side, those that join put together. */
function stretchesOf(side: Side): ByteRange[] {
  const stretches: { from: number; length: number; parts: Uint8Array[] | null }[] = [];
  for (const piece of side.pieces) {
    const last = stretches.at(-1);
    if ("missing" in piece) stretches.push({ from: piece.from, length: piece.missing, parts: null });
    else if (last === undefined || last.parts === null)
      stretches.push({ from: piece.from, length: piece.bytes.length, parts: [piece.bytes] });
    else {
      last.parts.push(piece.bytes);
      last.length += piece.bytes.length;
    }
  }
  return stretches.map(({ from, length, parts }) => ({
    from,
    length,
    bytes: parts === null ? null : joined(parts, length),
  }));
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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

/** Which span holds the byte at `offset`, else the one behind it. */
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

/** Bytes as text, a dot for each that is no character of ASCII. */
export function asciiOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
}
