import type { Direction } from "../weather.ts";
import { Flow } from "./flow.ts";
import type { Passage, PassageKind } from "./passage.ts";
import type { Place } from "./place.ts";
import { NOTHING, plus, type Span, type Split } from "./span.ts";
import { Talk } from "./talk.ts";

/** Bytes that came in one read, or that are known to have come and were not recorded. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
  /** ms since the run began: when they had been passed on. */
  readonly at: number;
  readonly heldMs: number;
  readonly recorded: boolean;
}

export interface DissectorOptions {
  /** Told of each span as soon as it is whole. */
  readonly told?: (direction: Direction, span: Span) => void;
  /** Where the bytes begin: at the beginning of a connection, unless said otherwise. */
  readonly kind?: PassageKind;
  readonly from?: Readonly<Record<Direction, number>>;
}

/**
 * Explains the bytes of one connection, both ways, as they come: HTTP/1.1, event streams, WebSocket. In which pieces they
 * come makes no difference; every byte ends up in exactly one span, those included that follow no rule.
 */
export class Dissector {
  readonly chunks: Readonly<Record<Direction, Chunk[]>> = { up: [], down: [] };
  readonly #flows: Readonly<Record<Direction, Flow>>;
  readonly #talk: Talk;
  readonly #split: Record<Direction, Split> = { up: NOTHING, down: NOTHING };
  readonly #ends: Record<Direction, number>;

  constructor({ told, kind = "exchange", from = { up: 0, down: 0 } }: DissectorOptions = {}) {
    this.#talk = new Talk((direction, span) => {
      this.#split[direction] = plus(this.#split[direction], span.purpose, span.to - span.from);
      told?.(direction, span);
    });
    this.#ends = { ...from };
    this.#flows = {
      up: new Flow("up", this.#talk, beginningOf(kind), from.up),
      down: new Flow("down", this.#talk, beginningOf(kind), from.down),
    };
    this.#talk.join(this.#flows);
  }

  /** In the order in which their first bytes came. */
  get passages(): readonly Passage[] {
    return this.#talk.passages;
  }

  feed(direction: Direction, bytes: Uint8Array, at = 0, heldMs = 0): void {
    this.#note(direction, bytes.length, { at, heldMs, recorded: true });
    this.#flows[direction].feed(bytes);
  }

  /** Skips this many bytes, which were not recorded. */
  skip(direction: Direction, byteLength: number, at = 0): void {
    this.#note(direction, byteLength, { at, heldMs: 0, recorded: false });
    this.#flows[direction].skip(byteLength);
  }

  /** What has come last and is not whole yet, and the passage it belongs to; null: nothing. */
  unfinished(direction: Direction): { readonly span: Span; readonly passage: Passage | null } | null {
    const { unfinished, passage } = this.#flows[direction];
    return unfinished === null ? null : { span: unfinished, passage };
  }

  /** Payload and overhead of all bytes so far, those of unfinished spans included. */
  split(direction: Direction): Split {
    const { unfinished } = this.#flows[direction];
    const told = this.#split[direction];
    return unfinished === null ? told : plus(told, unfinished.purpose, unfinished.to - unfinished.from);
  }

  /** Bytes looked at while searching for the ends of heads and lines: a small multiple of those fed. */
  get scannedBytes(): number {
    return this.#flows.up.scannedBytes + this.#flows.down.scannedBytes;
  }

  /** When the byte at `offset` came, in ms since the run began; 0 where none has. */
  timeOf(direction: Direction, offset: number): number {
    return chunkAt(this.chunks[direction], offset)?.at ?? 0;
  }

  /** Passages and chunks that were over before `at` are not asked for any more. */
  forget(at: number): void {
    const isOver = (passage: Passage, direction: Direction): boolean => {
      const stretch = passage[direction];
      return stretch === null || (chunkAt(this.chunks[direction], stretch.to - 1)?.at ?? 0) < at;
    };
    const open = [this.#flows.up.passage, this.#flows.down.passage];
    this.#talk.passages = this.#talk.passages.filter(
      (passage) => open.includes(passage) || !isOver(passage, "up") || !isOver(passage, "down"),
    );
    for (const chunks of [this.chunks.up, this.chunks.down]) {
      const kept = chunks.findIndex((chunk) => chunk.at >= at);
      chunks.splice(0, kept < 0 ? chunks.length : kept);
    }
  }

  #note(direction: Direction, byteLength: number, chunk: Pick<Chunk, "at" | "heldMs" | "recorded">): void {
    const from = this.#ends[direction];
    this.#ends[direction] = from + byteLength;
    if (byteLength > 0) this.chunks[direction].push({ from, to: from + byteLength, ...chunk });
  }
}

/** The chunk that holds the byte at `offset`; undefined where there is none. */
export function chunkAt(chunks: readonly Chunk[], offset: number): Chunk | undefined {
  const found = chunks[indexAt(chunks, offset)];
  return found !== undefined && found.from <= offset ? found : undefined;
}

/** The chunks that hold the bytes from an offset to another. */
export function chunksIn(chunks: readonly Chunk[], from: number, to: number): readonly Chunk[] {
  return from >= to ? [] : chunks.slice(indexAt(chunks, from), indexAt(chunks, to - 1) + 1);
}

/** Of the first chunk that ends behind `offset`. */
function indexAt(chunks: readonly Chunk[], offset: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunks[middle]?.to ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function beginningOf(kind: PassageKind): Place {
  switch (kind) {
    case "exchange":
      return { at: "head" };
    case "event":
      return { at: "stream" };
    case "frame":
      return { at: "frame", doubtful: false };
    case "unknown": {
      const part = {
        label: "not explained",
        purpose: "unknown",
        explanation: "These bytes follow none of the rules known here.",
      } as const;
      return { at: "opaque", part, from: 0, left: Number.POSITIVE_INFINITY, next: { at: "head" } };
    }
  }
}
