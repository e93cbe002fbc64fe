import type { Direction } from "../weather.ts";
import { ConnectionState, opaque, type ParserState, UNEXPLAINED } from "./connection-state.ts";
import { DirectionDecoder } from "./direction.ts";
import type { RequestHead, ResponseHead } from "./http-head.ts";
import { addBytes, NO_BYTES, type Span, type Split, type WireMessage, type WireMessageKind } from "./spans.ts";

/** Bytes of one read, or bytes that were passed on but not recorded. Offsets are within their direction. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
  /** When the bytes were passed on, in ms since the run began. */
  readonly at: number;
  /** How long the proxy held the bytes before. */
  readonly heldMs: number;
  readonly recorded: boolean;
}

export interface ConnectionDecoderOptions {
  /** Receives each span once it is complete. */
  readonly onSpan?: (direction: Direction, span: Span) => void;
  /** Receives each head of a request or response, before its spans. */
  readonly onHead?: (head: RequestHead | ResponseHead) => void;
  /** What the bytes begin with. Default: "exchange", the start of a connection. */
  readonly kind?: WireMessageKind;
  /** Offsets of the first bytes. Default: 0. */
  readonly from?: Readonly<Record<Direction, number>>;
}

/**
 * Decodes both directions of one connection as bytes arrive: HTTP/1.1, event streams and WebSocket. How the bytes are
 * split into reads makes no difference. Every byte belongs to exactly one span, even if it matches no rule.
 */
export class ConnectionDecoder {
  readonly chunks: Readonly<Record<Direction, Chunk[]>> = { up: [], down: [] };
  readonly #directions: Readonly<Record<Direction, DirectionDecoder>>;
  readonly #state: ConnectionState;
  readonly #split: Record<Direction, Split> = { up: NO_BYTES, down: NO_BYTES };
  readonly #ends: Record<Direction, number>;

  constructor({ onSpan, onHead, kind = "exchange", from = { up: 0, down: 0 } }: ConnectionDecoderOptions = {}) {
    this.#state = new ConnectionState((direction, span) => {
      this.#split[direction] = addBytes(this.#split[direction], span.purpose, span.to - span.from);
      onSpan?.(direction, span);
    }, onHead);
    this.#ends = { ...from };
    this.#directions = {
      up: new DirectionDecoder("up", this.#state, firstState(kind), from.up),
      down: new DirectionDecoder("down", this.#state, firstState(kind), from.down),
    };
    this.#state.connect(this.#directions.up);
  }

  /** All messages, in the order of their first bytes. */
  get messages(): readonly WireMessage[] {
    return this.#state.messages;
  }

  feed(direction: Direction, bytes: Uint8Array, at = 0, heldMs = 0): void {
    this.#addChunk(direction, bytes.length, { at, heldMs, recorded: true });
    this.#directions[direction].feed(bytes);
  }

  /** Accounts for bytes that were not recorded. */
  skip(direction: Direction, byteLength: number, at = 0): void {
    this.#addChunk(direction, byteLength, { at, heldMs: 0, recorded: false });
    this.#directions[direction].skip(byteLength);
  }

  /** Returns the incomplete span at the end of a direction, and its message; null if there is none. */
  unfinished(direction: Direction): { readonly span: Span; readonly message: WireMessage | null } | null {
    const { unfinished, message } = this.#directions[direction];
    return unfinished === null ? null : { span: unfinished, message };
  }

  /** Returns payload and overhead of all bytes so far, unfinished spans included. */
  split(direction: Direction): Split {
    const { unfinished } = this.#directions[direction];
    const complete = this.#split[direction];
    return unfinished === null ? complete : addBytes(complete, unfinished.purpose, unfinished.to - unfinished.from);
  }

  /** How many bytes were searched for the ends of heads and lines: a small multiple of the bytes fed. */
  get scannedBytes(): number {
    return this.#directions.up.scannedBytes + this.#directions.down.scannedBytes;
  }

  /** Returns when the byte at `offset` was passed on, in ms since the run began; 0 if there is no such byte. */
  timeOf(direction: Direction, offset: number): number {
    return chunkAt(this.chunks[direction], offset)?.at ?? 0;
  }

  /** Drops messages and chunks that ended before `at`, in ms since the run began. */
  forget(at: number): void {
    const isOver = (message: WireMessage, direction: Direction): boolean => {
      const range = message[direction];
      return range === null || (chunkAt(this.chunks[direction], range.to - 1)?.at ?? 0) < at;
    };
    const open: readonly (WireMessage | null)[] = [this.#directions.up.message, this.#directions.down.message];
    this.#state.messages = this.#state.messages.filter(
      (message) => open.includes(message) || !isOver(message, "up") || !isOver(message, "down"),
    );
    for (const chunks of [this.chunks.up, this.chunks.down]) {
      const kept = chunks.findIndex((chunk) => chunk.at >= at);
      chunks.splice(0, kept < 0 ? chunks.length : kept);
    }
  }

  #addChunk(direction: Direction, byteLength: number, chunk: Pick<Chunk, "at" | "heldMs" | "recorded">): void {
    const from = this.#ends[direction];
    this.#ends[direction] = from + byteLength;
    if (byteLength > 0) this.chunks[direction].push({ from, to: from + byteLength, ...chunk });
  }
}

function firstState(kind: WireMessageKind): ParserState {
  switch (kind) {
    case "exchange":
      return { at: "head" };
    case "event":
      return { at: "stream" };
    case "frame":
      return { at: "frame", doubtful: false };
    case "unknown":
      return opaque(UNEXPLAINED, Number.POSITIVE_INFINITY, { at: "head" });
  }
}

/** Returns the chunk that contains the byte at `offset`; undefined if there is none. */
export function chunkAt(chunks: readonly Chunk[], offset: number): Chunk | undefined {
  const found = chunks[indexAt(chunks, offset)];
  return found !== undefined && found.from <= offset ? found : undefined;
}

/** Returns the chunks that contain the bytes from `from` to `to`. */
export function chunksIn(chunks: readonly Chunk[], from: number, to: number): readonly Chunk[] {
  return from >= to ? [] : chunks.slice(indexAt(chunks, from), indexAt(chunks, to - 1) + 1);
}

/** Returns the index of the first chunk that ends after `offset`. */
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
