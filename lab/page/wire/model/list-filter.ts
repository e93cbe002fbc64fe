import { concat, utf8 } from "../../../engine/decoder/bytes.ts";
import type { WireMessageKind } from "../../../engine/decoder/index.ts";
import { readFrameHead, xor } from "../../../engine/decoder/ws-frame.ts";
import type { LaneNumber } from "../../../engine/run.ts";
import type { Item, WireRecord } from "./wire-record.ts";

/** Which items are listed. */
export interface ListFilter {
  /** null: of all lanes. */
  readonly lane: LaneNumber | null;
  /** null: of all connections of the lane. */
  readonly connection: number | null;
  /** null: all kinds. */
  readonly kind: WireMessageKind | null;
  /** In their title or in their bytes; empty: any. */
  readonly text: string;
}

export const ALL: ListFilter = { lane: null, connection: null, kind: null, text: "" };

/** Items at the end that may still be growing, and so are looked at again. */
const GROWING = 200;
/** Bytes of an item that are searched. */
const SEARCHED = 65_536;

/** The items that are filter, kept up as more come: what was once looked at is not looked at again. */
export class FilteredItems {
  #filter: ListFilter = ALL;
  #first: Item | undefined;
  /** Those among the first `#settled` items. */
  #matches: Item[] = [];
  #settled = 0;

  /** In the order of the record. */
  apply(record: WireRecord, filter: ListFilter): readonly Item[] {
    const { items } = record;
    if (filter !== this.#filter || items[0] !== this.#first) {
      this.#filter = filter;
      this.#first = items[0];
      this.#matches = [];
      this.#settled = 0;
    }
    const settled = Math.max(this.#settled, items.length - GROWING);
    for (const item of items.slice(this.#settled, settled)) if (fits(record, item, filter)) this.#matches.push(item);
    this.#settled = settled;
    return [...this.#matches, ...items.slice(settled).filter((item) => fits(record, item, filter))];
  }
}

function fits(
  record: WireRecord,
  { connection, message }: Item,
  { lane, connection: number, kind, text }: ListFilter,
): boolean {
  // An exchange that turned out to be none has no byte of its own.
  if (message.up === null && message.down === null && isOver(connection, message)) return false;
  if (lane !== null && connection.lane !== lane) return false;
  if (number !== null && connection.number !== number) return false;
  if (kind !== null && message.kind !== kind) return false;
  if (text === "") return true;
  const sought = text.toLowerCase();
  if (`${message.title} ${message.status} ${message.types.join(" ")}`.toLowerCase().includes(sought)) return true;
  return textOf(record, { connection, message, at: 0 }).toLowerCase().includes(sought);
}

function isOver({ decoder }: Item["connection"], message: Item["message"]): boolean {
  return decoder.unfinished("up")?.message !== message && decoder.unfinished("down")?.message !== message;
}

/** What was said, unmasked where it is masked on the wire. */
function textOf(record: WireRecord, { connection, message }: Item): string {
  let text = "";
  for (const direction of ["up", "down"] as const) {
    const stretch = message[direction];
    if (stretch === null) continue;
    const to = Math.min(stretch.to, stretch.from + SEARCHED);
    const pieces = record.pieces(connection, direction, stretch.from, to);
    const bytes = concat(pieces.flatMap((piece) => ("bytes" in piece ? [piece.bytes] : [])));
    const head = message.kind === "frame" ? readFrameHead(bytes) : null;
    text += utf8(head === null ? bytes : xor(bytes.subarray(head.headBytes), head.mask));
  }
  return text;
}
