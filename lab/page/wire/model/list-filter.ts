import { concat, utf8 } from "../../../engine/decoder/bytes.ts";
import type { WireMessageKind } from "../../../engine/decoder/index.ts";
import { readFrameHead, xor } from "../../../engine/decoder/ws-frame.ts";
import type { LaneNumber } from "../../../engine/run.ts";
import type { Item, WireRecord } from "./wire-record.ts";

/** Which items are listed. */
export interface ListFilter {
  /** null for all lanes. */
  readonly lane: LaneNumber | null;
  /** null for all connections of the lane. */
  readonly connection: number | null;
  /** null for all kinds. */
  readonly kind: WireMessageKind | null;
  /** Text in their titles or bytes; empty for any. */
  readonly text: string;
}

export const ALL: ListFilter = { lane: null, connection: null, kind: null, text: "" };

/** Items at the end that may still grow, and are tested again. */
const GROWING = 200;
/** Bytes of an item that are searched, per direction. */
const SEARCHED = 65_536;

/** The items that pass a filter, updated as more arrive. An item is tested once, unless it may still grow. */
export class FilteredItems {
  #filter: ListFilter = ALL;
  #first: Item | undefined;
  /** The matches among the first `#settled` items, which don't grow any more. */
  #matches: Item[] = [];
  #settled = 0;

  /** Returns the items that pass, in the order of the record. */
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
  // What began as an exchange may turn out not to be HTTP. Its bytes are then another message's, and it is empty.
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

/** Returns a message's bytes as text, unmasked. */
function textOf(record: WireRecord, { connection, message }: Item): string {
  let text = "";
  for (const direction of ["up", "down"] as const) {
    const range = message[direction];
    if (range === null) continue;
    const to = Math.min(range.to, range.from + SEARCHED);
    const pieces = record.pieces(connection, direction, range.from, to);
    const bytes = concat(pieces.flatMap((piece) => ("bytes" in piece ? [piece.bytes] : [])));
    const head = message.kind === "frame" ? readFrameHead(bytes) : null;
    text += utf8(head === null ? bytes : xor(bytes.subarray(head.headBytes), head.mask));
  }
  return text;
}
