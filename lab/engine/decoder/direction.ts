import type { Direction } from "../weather.ts";
import { Backlog, CARRIAGE_RETURN, LINE_FEED, MAX_DECODED_BYTES } from "./bytes.ts";
import {
  type ConnectionState,
  describeUnfinished,
  type Opaque,
  opaque,
  type ParserState,
  type Peer,
  UNEXPLAINED,
} from "./connection-state.ts";
import { bodyParts, chunkedLine } from "./http-body.ts";
import type { OpenMessage, Part, Span } from "./spans.ts";
import { type SseLine, sseLine } from "./sse.ts";
import { frameHeadParts, framePayloadParts, headBytesOf, opcodeName, readFrameHead } from "./ws-frame.ts";

/** Decodes one direction of a connection. Takes bytes as they arrive and emits each span once it is complete. */
export class DirectionDecoder implements Peer {
  readonly #direction: Direction;
  readonly #connection: ConnectionState;
  readonly #backlog = new Backlog();
  #state: ParserState;
  /** Offset of the backlog's first byte. */
  #offset: number;
  #message: OpenMessage | null = null;

  constructor(direction: Direction, connection: ConnectionState, state: ParserState, offset: number) {
    this.#direction = direction;
    this.#connection = connection;
    this.#state = state;
    this.#offset = offset;
  }

  /** How many bytes were searched for the ends of heads and lines. */
  get scannedBytes(): number {
    return this.#backlog.scannedBytes;
  }

  /** The message that the next bytes belong to; null until that is known. */
  get message(): OpenMessage | null {
    return this.#message;
  }

  get awaitsResponse(): boolean {
    return this.#state.at === "response-awaited";
  }

  /** The incomplete span at the end; null if there is none. */
  get unfinished(): Span | null {
    const state = this.#state;
    const from = state.at === "opaque" ? state.from : this.#offset;
    const to = this.#offset + this.#backlog.length;
    return from === to ? null : { from, to, ...describeUnfinished(state) };
  }

  feed(bytes: Uint8Array): void {
    this.#backlog.push(bytes);
    this.#decode();
  }

  /** Accounts for bytes that were passed on but not recorded. */
  skip(byteLength: number): void {
    const state = this.#state;
    const missing = {
      label: "not recorded",
      purpose: "unknown",
      explanation: "These bytes were passed on but not recorded: more arrived than the recording can hold.",
    } as const;
    if ((state.at === "body" || state.at === "payload") && this.#backlog.length + byteLength <= sizeOf(state)) {
      const left = sizeOf(state) - this.#backlog.length - byteLength;
      const part = { label: "payload, partly recorded", purpose: "payload", explanation: missing.explanation } as const;
      const next: ParserState = state.at === "payload" ? { at: "frame", doubtful: false } : { at: "head" };
      this.#state = { ...opaque(part, left, next), from: this.#offset };
      this.#offset += this.#dropAll() + byteLength;
    } else if (state.at === "opaque" && byteLength <= state.left) {
      this.#state = { ...state, left: state.left - byteLength };
      this.#offset += byteLength;
    } else {
      this.#restartAfterGap(missing, byteLength);
    }
    this.#decode();
  }

  resumeAs(state: ParserState): void {
    if (this.#state.at !== "head" && this.#state.at !== "response-awaited") return;
    this.#message = null;
    this.#state = state;
    this.#decode();
  }

  #decode(): void {
    while (this.#step());
  }

  /** Decodes the next element of the backlog. Returns false if none is complete. */
  #step(): boolean {
    const state = this.#state;
    switch (state.at) {
      case "opaque":
        return this.#stepOpaque(state);
      case "head":
        return this.#stepHead();
      case "response-awaited":
        return false;
      default:
        return this.#stepElement(state);
    }
  }

  #stepElement(state: ElementState): boolean {
    if (this.#message === null) {
      if (this.#backlog.length === 0) return false;
      this.#message = this.#connection.begin(state.at === "frame" ? "frame" : "event", UNTITLED);
    }
    const element = nextElement(state, this.#backlog, this.#direction, this.#message.title);
    if (element === "invalid") return this.#giveUp();
    if (element === "unfinished") return false;
    if (element.title !== undefined) this.#message.title = element.title;
    this.#message.addTypes(element.types ?? []);
    this.#emitParts(element.parts);
    this.#enter(element.next);
    if (element.ends === "message") this.#message = null;
    else if (element.ends === "http-message") this.#endHttpMessage();
    return true;
  }

  #stepOpaque(state: Opaque): boolean {
    const taken = Math.min(state.left, this.#backlog.length);
    this.#backlog.drop(taken);
    this.#offset += taken;
    this.#state = { ...state, left: state.left - taken };
    if (state.left > taken) return false;
    this.#emit({ from: state.from, to: this.#offset, ...state.part });
    this.#state = state.next;
    if (state.next.at === "head") this.#endHttpMessage();
    else if (state.next.at === "frame") this.#message = null;
    return true;
  }

  #stepHead(): boolean {
    const [first, second] = this.#backlog.view;
    if (first === undefined) return false;
    this.#message ??= this.#connection.exchange(this.#direction);
    if (first === LINE_FEED || first === CARRIAGE_RETURN) {
      if (first === CARRIAGE_RETURN && second === undefined) return false;
      const length = first === LINE_FEED ? 1 : 2;
      if (length === 2 && second !== LINE_FEED) return this.#giveUp();
      const explanation = "An empty line before a message is ignored.";
      this.#emitParts([
        { length, label: "empty line", purpose: "framing", explanation, source: "RFC 9112, section 2.2" },
      ]);
      return true;
    }
    const length = this.#backlog.headLength((line) => this.#connection.isFirstLine(this.#direction, line));
    if (length === "unfinished") return false;
    if (length === "none") return this.#giveUp();
    const head = this.#backlog.view.subarray(0, length);
    const { parts, next } = this.#connection.decodeHead(this.#direction, head, this.#message);
    this.#emitParts(parts);
    this.#enter(next);
    this.#connection.afterHead(this.#direction, next);
    if (next.at === "head") this.#endHttpMessage();
    else if (next.at === "frame" || next.at === "stream" || next.at === "response-awaited") this.#message = null;
    return true;
  }

  #enter(state: ParserState): void {
    this.#state = state.at === "opaque" ? { ...state, from: this.#offset } : state;
  }

  #endHttpMessage(): void {
    this.#message = null;
    this.#state = this.#connection.afterMessage(this.#direction);
  }

  /** Counts all further bytes as unexplained. */
  #giveUp(): true {
    this.#message = this.#connection.begin("unknown", UNEXPLAINED.label);
    this.#enter(opaque(UNEXPLAINED, Number.POSITIVE_INFINITY, { at: "head" }));
    return true;
  }

  /** Emits the incomplete bytes and the missing ones, and starts again after them. */
  #restartAfterGap(missing: Omit<Part, "length">, byteLength: number): void {
    const rest = this.unfinished;
    this.#message ??= this.#connection.begin("unknown", missing.label);
    if (rest !== null) this.#emit(rest);
    this.#offset += this.#dropAll();
    this.#emit({ from: this.#offset, to: this.#offset + byteLength, ...missing });
    this.#offset += byteLength;
    this.#message = null;
    this.#state = this.#connection.afterGap(this.#state);
  }

  #dropAll(): number {
    const { length } = this.#backlog;
    this.#backlog.drop(length);
    return length;
  }

  #emitParts(parts: readonly Part[]): void {
    for (const { length, ...part } of parts) {
      this.#emit({ from: this.#offset, to: this.#offset + length, ...part });
      this.#backlog.drop(length);
      this.#offset += length;
    }
  }

  #emit(span: Span): void {
    this.#message?.add(this.#direction, span);
    this.#connection.onSpan(this.#direction, span);
  }
}

function sizeOf(state: Extract<ParserState, { at: "body" | "payload" }>): number {
  return state.at === "body" ? state.bytes : state.head.length;
}

/** States whose next element can be decoded from its bytes alone. */
type ElementState = Exclude<ParserState, { at: "head" | "opaque" | "response-awaited" }>;

/** A decoded line, body, chunk, frame head or payload. */
interface Element {
  readonly parts: readonly Part[];
  readonly next: ParserState;
  /** Types of events, commands and replies found in it. */
  readonly types?: readonly string[];
  /** The new title of its message. */
  readonly title?: string;
  /** What is complete after it: the event or frame, or the HTTP message. */
  readonly ends?: "message" | "http-message";
}

/** Title of an event or frame before anything about it is known. */
const UNTITLED = "event";

/** Decodes the next element of `backlog`. Returns "unfinished" if it is incomplete, "invalid" if it can't be one. */
function nextElement(
  state: ElementState,
  backlog: Backlog,
  direction: Direction,
  title: string,
): Element | "unfinished" | "invalid" {
  switch (state.at) {
    case "stream":
      return streamLine(backlog, title);
    case "chunk-size":
    case "chunk-end":
    case "trailer":
      return chunkLine(state.at, state.contentType, backlog);
    case "body":
    case "chunk": {
      if (backlog.length < state.bytes) return "unfinished";
      const body = bodyParts(backlog.view.subarray(0, state.bytes), state.contentType);
      if (state.at === "body") return { ...body, next: { at: "head" }, ends: "http-message" };
      return { ...body, next: { at: "chunk-end", contentType: state.contentType } };
    }
    case "frame":
      return frameHead(backlog.view, state.doubtful, direction === "up");
    case "payload": {
      if (backlog.length < state.head.length) return "unfinished";
      const { parts, type } = framePayloadParts(backlog.view.subarray(0, state.head.length), state.head);
      return { parts, types: type === null ? [] : [type], next: { at: "frame", doubtful: false }, ends: "message" };
    }
  }
}

function streamLine(backlog: Backlog, title: string): Element | "unfinished" | "invalid" {
  const length = backlog.lineLength(true);
  if (length === "too-long") return "invalid";
  if (length === "unfinished") return "unfinished";
  const line = sseLine(backlog.view.subarray(0, length));
  const { field, value, parts } = line;
  const element = { parts, next: { at: "stream" }, title: eventTitle(line, title) } as const;
  if (field === "blank") return { ...element, ends: "message" };
  return field === "data" && value !== "" ? { ...element, types: [value] } : element;
}

/** Returns an event's title after this line. `event:` wins over the type in its data. */
function eventTitle({ field, value }: SseLine, title: string): string {
  if (field === "event") return `event ${value}`;
  if (title !== UNTITLED) return title;
  if (field === "data" && value !== "") return `event ${value}`;
  return field === "retry" || field === "comment" ? field : title;
}

function chunkLine(
  at: "chunk-size" | "chunk-end" | "trailer",
  contentType: string,
  backlog: Backlog,
): Element | "unfinished" | "invalid" {
  const length = backlog.lineLength(false);
  if (length === "too-long") return "invalid";
  if (length === "unfinished") return "unfinished";
  const line = chunkedLine(at, backlog.view.subarray(0, length));
  if (line === null) return "invalid";
  const { parts, next } = line;
  if (next === "ended") return { parts, next: { at: "head" }, ends: "http-message" };
  if (typeof next === "string") return { parts, next: { at: next, contentType } };
  if (next.bytes <= MAX_DECODED_BYTES) return { parts, next: { at: "chunk", bytes: next.bytes, contentType } };
  return { parts, next: tooLong("chunk", next.bytes, { at: "chunk-end", contentType }) };
}

function frameHead(view: Uint8Array, doubtful: boolean, fromClient: boolean): Element | "unfinished" | "invalid" {
  const [, second] = view;
  if (second === undefined || view.length < headBytesOf(second)) return "unfinished";
  const head = readFrameHead(view);
  if (head === null) return "unfinished";
  const known =
    head.rsv === 0 && !opcodeName(head.opcode).startsWith("reserved") && (head.mask !== null) === fromClient;
  if (doubtful && !known) return "invalid";
  return {
    parts: frameHeadParts(view, head, fromClient),
    title: `${opcodeName(head.opcode)} frame`,
    next:
      head.length <= MAX_DECODED_BYTES
        ? { at: "payload", head }
        : tooLong("payload", head.length, { at: "frame", doubtful: false }),
  };
}

function tooLong(label: string, bytes: number, next: ParserState): Opaque {
  return opaque(
    { label, purpose: "payload", explanation: `${bytes} bytes, too many to be decoded here.` },
    bytes,
    next,
  );
}
