import { concat, utf8 } from "../../../engine/decoder/bytes.ts";
import type { WireMessageKind } from "../../../engine/decoder/index.ts";
import { readFrameHead, xor } from "../../../engine/decoder/ws-frame.ts";
import type { LaneNumber } from "../../../engine/run.ts";
import type { Item, WireRecord } from "./record.ts";

/** Which items are listed. */
export interface Wanted {
  /** null: of all lanes. */
  readonly lane: LaneNumber | null;
  /** null: of all connections of the lane. */
  readonly connection: number | null;
  /** null: all kinds. */
  readonly kind: WireMessageKind | null;
  /** In their title or in their bytes; empty: any. */
  readonly text: string;
}

export const ALL: Wanted = { lane: null, connection: null, kind: null, text: "" };

/** Items at the end that may still be growing, and so are looked at again. */
const GROWING = 200;
/** Bytes of an item that are searched. */
const SEARCHED = 65_536;

/** The items that are wanted, kept up as more come: what was once looked at is not looked at again. */
export class Filter {
  #wanted: Wanted = ALL;
  #first: Item | undefined;
  /** Those among the first `#settled` items. */
  #matches: Item[] = [];
  #settled = 0;

  /** In the order of the record. */
  apply(record: WireRecord, wanted: Wanted): readonly Item[] {
    const { items } = record;
    if (wanted !== this.#wanted || items[0] !== this.#first) {
      this.#wanted = wanted;
      this.#first = items[0];
      this.#matches = [];
      this.#settled = 0;
    }
    const settled = Math.max(this.#settled, items.length - GROWING);
    for (const item of items.slice(this.#settled, settled)) if (fits(record, item, wanted)) this.#matches.push(item);
    this.#settled = settled;
    return [...this.#matches, ...items.slice(settled).filter((item) => fits(record, item, wanted))];
  }
}

function fits(
  record: WireRecord,
  { connection, passage }: Item,
  { lane, connection: number, kind, text }: Wanted,
): boolean {
  // An exchange that turned out to be none has no byte of its own.
  if (passage.up === null && passage.down === null && isOver(connection, passage)) return false;
  if (lane !== null && connection.lane !== lane) return false;
  if (number !== null && connection.number !== number) return false;
  if (kind !== null && passage.kind !== kind) return false;
  if (text === "") return true;
  const sought = text.toLowerCase();
  if (`${passage.title} ${passage.status} ${passage.types.join(" ")}`.toLowerCase().includes(sought)) return true;
  return textOf(record, { connection, passage, at: 0 }).toLowerCase().includes(sought);
}

function isOver({ dissector }: Item["connection"], passage: Item["passage"]): boolean {
  return dissector.unfinished("up")?.message !== passage && dissector.unfinished("down")?.message !== passage;
}

/** What was said, unmasked where it is masked on the wire. */
function textOf(record: WireRecord, { connection, passage }: Item): string {
  let text = "";
  for (const direction of ["up", "down"] as const) {
    const stretch = passage[direction];
    if (stretch === null) continue;
    const to = Math.min(stretch.to, stretch.from + SEARCHED);
    const pieces = record.pieces(connection, direction, stretch.from, to);
    const bytes = concat(pieces.flatMap((piece) => ("bytes" in piece ? [piece.bytes] : [])));
    const head = passage.kind === "frame" ? readFrameHead(bytes) : null;
    text += utf8(head === null ? bytes : xor(bytes.subarray(head.headBytes), head.mask));
  }
  return text;
}
