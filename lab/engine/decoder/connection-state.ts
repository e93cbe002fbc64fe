import type { Direction } from "../weather.ts";
import { MAX_DECODED_BYTES } from "./bytes.ts";
import {
  isRequestLine,
  isStatusLine,
  type RequestHead,
  type ResponseHead,
  requestHead,
  responseHead,
} from "./http-head.ts";
import { OpenMessage, type Part, type Span, type WireMessageKind } from "./spans.ts";
import type { FrameHead } from "./ws-frame.ts";

/** What the next bytes of one direction are. */
export type ParserState =
  /** A request or response, or an empty line before one. */
  | { readonly at: "head" }
  /** A body, or a chunk of one. It is decoded once all `bytes` have arrived. */
  | { readonly at: "body"; readonly bytes: number; readonly contentType: string }
  | { readonly at: "chunk"; readonly bytes: number; readonly contentType: string }
  | { readonly at: "chunk-size" | "chunk-end" | "trailer"; readonly contentType: string }
  /** Lines of an event stream that ends with its connection. */
  | { readonly at: "stream" }
  | { readonly at: "frame" /** Bytes before it are missing: it may not be a frame. */; readonly doubtful: boolean }
  | { readonly at: "payload"; readonly head: FrameHead }
  /** The client has requested another protocol. The response decides what its next bytes are. */
  | { readonly at: "response-awaited" }
  | Opaque;

/** Bytes that are counted and not decoded. They form one span. */
export interface Opaque {
  readonly at: "opaque";
  readonly part: Omit<Part, "length">;
  readonly from: number;
  /** Bytes still to come; Infinity until the connection ends. */
  readonly left: number;
  readonly next: ParserState;
}

/** What one direction needs of the other. */
export interface Peer {
  /** The message that the direction is in. */
  readonly message: OpenMessage | null;
  readonly awaitsResponse: boolean;
  /** Continues with this state. Called once the other direction has decided what follows. */
  resumeAs(state: ParserState): void;
}

/** A request without a response yet. */
interface PendingRequest {
  readonly message: OpenMessage;
  readonly method: string;
  /** Its Sec-WebSocket-Key. */
  readonly key: string | null;
}

/** More pending requests are forgotten. Responses can then be matched to the wrong requests. */
const MAX_PENDING_REQUESTS = 1_024;

/** The state that both directions of a connection share: its messages, and the requests that wait for a response. */
export class ConnectionState {
  messages: OpenMessage[] = [];
  /** Receives each span once it is complete. */
  readonly onSpan: (direction: Direction, span: Span) => void;
  readonly #onHead: ((head: RequestHead | ResponseHead) => void) | undefined;
  #nextId = 0;
  #up: Peer | null = null;
  #pending: PendingRequest[] = [];
  /** The last response was interim (1xx): the final one follows. */
  #interim = false;

  constructor(onSpan: (direction: Direction, span: Span) => void, onHead?: (head: RequestHead | ResponseHead) => void) {
    this.onSpan = onSpan;
    this.#onHead = onHead;
  }

  /** Sets the up direction, which continues when a response has been decoded. */
  connect(up: Peer): void {
    this.#up = up;
  }

  begin(kind: WireMessageKind, title: string): OpenMessage {
    const message = new OpenMessage(this.#nextId++, kind);
    message.title = title;
    this.messages.push(message);
    return message;
  }

  /** Returns the exchange that the next head in this direction belongs to. */
  exchange(direction: Direction): OpenMessage {
    const open = direction === "down" ? (this.#pending[0]?.message ?? this.#up?.message) : null;
    return open ?? this.begin("exchange", "HTTP");
  }

  /** Returns whether a head may begin with this line. */
  isFirstLine(direction: Direction, line: Uint8Array): boolean {
    return direction === "up" ? isRequestLine(line) : isStatusLine(line);
  }

  /** Decodes a head. `next` is the state after it. */
  decodeHead(
    direction: Direction,
    bytes: Uint8Array,
    message: OpenMessage,
  ): { parts: readonly Part[]; next: ParserState } {
    return direction === "up" ? this.#request(bytes, message) : this.#response(bytes, message);
  }

  /** Returns the state after a complete HTTP message. */
  afterMessage(direction: Direction): ParserState {
    if (direction === "down") {
      if (!this.#interim) this.#pending.shift();
      this.#interim = false;
    }
    return { at: "head" };
  }

  /** Continues the up direction if it waited for this response. `next` is the state after the response's head. */
  afterHead(direction: Direction, next: ParserState): void {
    if (direction === "up" || this.#up === null || this.#interim) return;
    if (next.at === "frame") this.#up.resumeAs(next);
    else if (this.#up.awaitsResponse) this.#up.resumeAs({ at: "head" });
  }

  /** Returns the state after missing bytes. Responses can't be matched to earlier requests any more. */
  afterGap(state: ParserState): ParserState {
    this.#pending = [];
    if (state.at === "frame" || state.at === "payload") return { at: "frame", doubtful: true };
    return state.at === "stream" ? state : { at: "head" };
  }

  #request(bytes: Uint8Array, message: OpenMessage): { parts: readonly Part[]; next: ParserState } {
    const head = requestHead(bytes);
    const { method, target, headers, parts } = head;
    this.#onHead?.(head);
    message.title = `${method} ${target.split("?", 1)[0]}`;
    if (this.#pending.length === MAX_PENDING_REQUESTS) this.#pending = [];
    this.#pending.push({ message, method, key: headers.get("sec-websocket-key") ?? null });
    const next = bodyState(headers);
    if (next !== null) return { parts, next };
    return { parts, next: headers.has("upgrade") ? { at: "response-awaited" } : { at: "head" } };
  }

  #response(bytes: Uint8Array, message: OpenMessage): { parts: readonly Part[]; next: ParserState } {
    const request = this.#pending[0];
    const head = responseHead(bytes, request?.key ?? null);
    this.#onHead?.(head);
    message.status = head.status;
    this.#interim = head.status < 200 && head.status !== 101;
    return { parts: head.parts, next: afterResponseHead(head, request?.method) };
  }
}

/** Returns the state after a response's head (RFC 9112, section 6.3). */
function afterResponseHead({ status, headers }: ResponseHead, method: string | undefined): ParserState {
  if (status === 101) {
    if (/\bwebsocket\b/i.test(headers.get("upgrade") ?? "")) return { at: "frame", doubtful: false };
    return untilEnd("another protocol", "The connection continues in a protocol that is not explained here.");
  }
  if (status < 200 || status === 204 || status === 304 || method === "HEAD") return { at: "head" };
  const next = bodyState(headers);
  if (next !== null) return next;
  if (contentTypeOf(headers).startsWith("text/event-stream")) return { at: "stream" };
  return untilEnd("body", "No header gives its length: it ends with its connection.");
}

function untilEnd(label: string, explanation: string): ParserState {
  const part = { label, purpose: "payload", explanation, source: "RFC 9112, section 6.3" } as const;
  return opaque(part, Number.POSITIVE_INFINITY, { at: "head" });
}

/** Returns the state of a body with a Content-Length or in chunks; null for other bodies. */
function bodyState(headers: ReadonlyMap<string, string>): ParserState | null {
  const contentType = contentTypeOf(headers);
  if (/\bchunked\s*$/i.test(headers.get("transfer-encoding") ?? "")) return { at: "chunk-size", contentType };
  const length = /^[0-9]{1,15}$/.exec(headers.get("content-length") ?? "")?.[0];
  if (length === undefined) return null;
  const bytes = Number(length);
  if (bytes === 0) return { at: "head" };
  if (bytes <= MAX_DECODED_BYTES) return { at: "body", bytes, contentType };
  const part = { label: "body", purpose: "payload", explanation: "This body is too long to be decoded here." } as const;
  return opaque(part, bytes, { at: "head" });
}

function contentTypeOf(headers: ReadonlyMap<string, string>): string {
  return (headers.get("content-type") ?? "").toLowerCase();
}

/** Returns the state that counts `left` bytes as one span. The direction that enters it sets `from`. */
export function opaque(part: Omit<Part, "length">, left: number, next: ParserState): Opaque {
  return { at: "opaque", part, from: 0, left, next };
}

/** Bytes that match no rule, or that need missing bytes to be understood. */
export const UNEXPLAINED: Omit<Part, "length"> = {
  label: "not explained",
  purpose: "unknown",
  explanation: "These bytes match no rule known here, or the bytes that would explain them are missing.",
};

/** Describes the incomplete bytes at the end of a direction. */
export function describeUnfinished(state: ParserState): Omit<Part, "length"> {
  const part = (label: string, explanation: string, purpose: Part["purpose"] = "framing"): Omit<Part, "length"> => ({
    label,
    purpose,
    explanation,
  });
  switch (state.at) {
    case "head":
      return part("unfinished head", "The empty line that ends the head has not arrived yet.");
    case "body":
    case "chunk":
      return part("unfinished body", `${state.bytes} bytes were announced. Some have not arrived yet.`, "payload");
    case "chunk-size":
    case "chunk-end":
    case "trailer":
      return part("unfinished line", "The end of the line has not arrived yet.");
    case "stream":
      return part("unfinished line", "The end of the line has not arrived yet. A browser ignores the line until then.");
    case "frame":
      return part("unfinished frame head", "The rest of the frame's head has not arrived yet.");
    case "payload":
      return part(
        "unfinished payload",
        `${state.head.length} bytes were announced. Some have not arrived yet.`,
        "payload",
      );
    case "response-awaited":
      return part(
        "sent before the response",
        "The meaning of these bytes depends on whether the server switches protocols.",
        "unknown",
      );
    case "opaque":
      return state.part;
  }
}
