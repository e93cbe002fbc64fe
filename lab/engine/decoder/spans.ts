import type { Direction } from "../weather.ts";

/**
 * The decoder's result: spans of explained bytes, and the messages they belong to.
 *
 * Every byte of a connection belongs to exactly one span. A message is what a reader thinks of as one unit: an HTTP
 * exchange, an event of an event stream, a WebSocket frame.
 */
export interface Span {
  /** Offset of the first byte within its direction of the connection, from 0. */
  readonly from: number;
  /** Offset after the last byte. */
  readonly to: number;
  readonly label: string;
  readonly purpose: Purpose;
  /** One or two sentences, shown to people. */
  readonly explanation: string;
  /** The specification that defines it. */
  readonly source?: string;
  readonly fields?: readonly Field[];
}

/** Something smaller than a byte, or the decoded meaning of bytes. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly explanation?: string;
}

/** What bytes are for. */
export type Purpose =
  | "payload"
  | "framing"
  | "control"
  | "routing"
  | "negotiation"
  | "session"
  | "security"
  | "caching"
  | "liveness"
  | "information"
  | "unknown";

/** Title and description of every purpose, in the order in which the page's legend lists them. */
export const PURPOSES: Readonly<Record<Purpose, { readonly title: string; readonly description: string }>> = {
  payload: { title: "payload", description: "The application's data: the JSON of events, commands and replies." },
  framing: {
    title: "framing",
    description: "Where something begins and ends: lengths, line ends, brackets, field names.",
  },
  control: { title: "control", description: "What is requested, and the result: method, status, opcode, close code." },
  routing: { title: "routing", description: "The destination: path, host." },
  negotiation: {
    title: "negotiation",
    description: "What both ends agree on: versions, types, encodings, an upgrade.",
  },
  session: { title: "session", description: "Who is sending, and where reading resumes: token, reader, cursor." },
  security: {
    title: "security",
    description: "Protection of a user or a proxy: origin, fetch metadata, masks, nosniff.",
  },
  caching: { title: "caching", description: "What may be stored, and for how long." },
  liveness: { title: "liveness", description: "Keep-alives and reconnect times: heartbeats, ping, pong, retry." },
  information: { title: "information", description: "Optional facts that change nothing: date, user agent." },
  unknown: { title: "not explained", description: "Bytes that were not recorded, or that match no rule known here." },
};

/** A span before its offset in the connection is known. */
export interface Part extends Omit<Span, "from" | "to"> {
  /** Bytes. */
  readonly length: number;
}

/** Collects consecutive parts. Drops empty ones. */
export class Parts {
  readonly list: Part[] = [];

  add(
    length: number,
    label: string,
    purpose: Purpose,
    explanation: string,
    more: Pick<Part, "source" | "fields"> = {},
  ): this {
    if (length > 0) this.list.push({ length, label, purpose, explanation, ...more });
    return this;
  }
}

/** Bytes of payload, and all other bytes. */
export interface Split {
  readonly payload: number;
  readonly overhead: number;
}

export const NO_BYTES: Split = { payload: 0, overhead: 0 };

/** Returns how many bytes of `spans` are payload and how many are overhead. */
export function splitOf(spans: Iterable<Pick<Span, "from" | "to" | "purpose">>): Split {
  let split = NO_BYTES;
  for (const { from, to, purpose } of spans) split = addBytes(split, purpose, to - from);
  return split;
}

/** Returns `split` plus `bytes` of this purpose. Unexplained bytes count as overhead. */
export function addBytes(split: Split, purpose: Purpose, bytes: number): Split {
  return purpose === "payload"
    ? { payload: split.payload + bytes, overhead: split.overhead }
    : { payload: split.payload, overhead: split.overhead + bytes };
}

/** Bytes from an offset to another in one direction. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

export type WireMessageKind = "exchange" | "event" | "frame" | "unknown";

/** A request with its response, one event of an event stream, one WebSocket frame, or bytes that can't be explained. */
export interface WireMessage {
  /** Counted from 0 in each connection, in the order of the first bytes. */
  readonly id: number;
  readonly kind: WireMessageKind;
  readonly up: ByteRange | null;
  readonly down: ByteRange | null;
  /** For example `GET /transports/sse`, `event message` or `text frame`. */
  readonly title: string;
  /** The response's status; 0 before it has arrived, and for messages without one. */
  readonly status: number;
  /** Types of the events, commands and replies in it. */
  readonly types: readonly string[];
  readonly split: Readonly<Record<Direction, Split>>;
}

/** A chunked response can go on for hours: a message lists only its first types. */
const MAX_TYPES = 1_000;
/** Titles contain text from the peer, such as a request's path. */
const MAX_TITLE_CHARACTERS = 200;

/** A message whose bytes are still arriving. */
export class OpenMessage implements WireMessage {
  readonly id: number;
  readonly kind: WireMessageKind;
  up: ByteRange | null = null;
  down: ByteRange | null = null;
  #title = "";
  status = 0;
  readonly types: string[] = [];
  readonly split: Record<Direction, Split> = { up: NO_BYTES, down: NO_BYTES };

  constructor(id: number, kind: WireMessageKind) {
    this.id = id;
    this.kind = kind;
  }

  get title(): string {
    return this.#title;
  }

  set title(title: string) {
    this.#title = title.slice(0, MAX_TITLE_CHARACTERS);
  }

  addTypes(types: readonly string[]): void {
    for (const type of types.slice(0, Math.max(0, MAX_TYPES - this.types.length))) this.types.push(type);
  }

  /** Adds the bytes of a span. */
  add(direction: Direction, { from, to, purpose }: Pick<Span, "from" | "to" | "purpose">): void {
    this[direction] = { from: this[direction]?.from ?? from, to };
    this.split[direction] = addBytes(this.split[direction], purpose, to - from);
  }
}
