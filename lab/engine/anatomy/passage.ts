import type { Direction } from "../weather.ts";
import type { Purpose } from "./purpose.ts";
import { NOTHING, plus, type Split } from "./span.ts";

/** Bytes from an offset to another in one direction. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Bytes that belong together: a request and its response, one event of an event stream, one WebSocket frame; or bytes
 * of which nothing is known.
 */
export interface Passage {
  /** Counted from 0 in each connection, in the order in which their first bytes came. */
  readonly id: number;
  readonly kind: PassageKind;
  readonly up: Stretch | null;
  readonly down: Stretch | null;
  /** `GET /transports/sse`, `event message`, `text frame`. */
  readonly title: string;
  /** The response's status; 0 before it has come, and where there is none. */
  readonly status: number;
  /** The types of the events, commands and replies in it. */
  readonly types: readonly string[];
  readonly split: Readonly<Record<Direction, Split>>;
}

/** A passage that goes on for hours, as a chunked answer can, lists its first types only. */
const MOST_TYPES = 1_000;
/** Characters of a title, which a peer may make as long as a head. */
const TITLE = 200;

export type PassageKind = "exchange" | "event" | "frame" | "unknown";

/** A passage while its bytes are coming. */
export class Opening implements Passage {
  readonly id: number;
  readonly kind: PassageKind;
  up: Stretch | null = null;
  down: Stretch | null = null;
  #title = "";
  status = 0;
  readonly types: string[] = [];
  readonly split: Record<Direction, Split> = { up: NOTHING, down: NOTHING };

  constructor(id: number, kind: PassageKind) {
    this.id = id;
    this.kind = kind;
  }

  get title(): string {
    return this.#title;
  }

  set title(title: string) {
    this.#title = title.slice(0, TITLE);
  }

  addTypes(types: readonly string[]): void {
    for (const type of types.slice(0, Math.max(0, MOST_TYPES - this.types.length))) this.types.push(type);
  }

  grow(direction: Direction, from: number, to: number, purpose: Purpose): void {
    this[direction] = { from: this[direction]?.from ?? from, to };
    this.split[direction] = plus(this.split[direction], purpose, to - from);
  }
}
