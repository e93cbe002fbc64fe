import type { Direction } from "../weather.ts";
import type { Flow } from "./flow.ts";
import { isRequestLine, isStatusLine, type ResponseHead, requestHead, responseHead } from "./head.ts";
import { Opening, type PassageKind } from "./passage.ts";
import { MAX_DISSECTED_BYTES, type Place } from "./place.ts";
import type { Part, Span } from "./span.ts";

/** A request whose response is still to come. */
interface Asked {
  readonly passage: Opening;
  readonly method: string;
  /** Its Sec-WebSocket-Key. */
  readonly key: string | null;
}

interface Flows {
  readonly up: Flow;
  readonly down: Flow;
}

/** More requests without a response than this, and which response belongs to which is not followed any more. */
const MOST_ASKED = 1_024;

/** What the two directions of a connection have to know of each other. */
export class Talk {
  passages: Opening[] = [];
  #begun = 0;
  readonly #told: (direction: Direction, span: Span) => void;
  #flows: Flows | null = null;
  #asked: Asked[] = [];
  /** The last response was one before the response (1xx). */
  #interim = false;

  constructor(told: (direction: Direction, span: Span) => void) {
    this.#told = told;
  }

  join(flows: Flows): void {
    this.#flows = flows;
  }

  tell(direction: Direction, span: Span): void {
    this.#told(direction, span);
  }

  begin(kind: PassageKind, title: string): Opening {
    const passage = new Opening(this.#begun++, kind);
    passage.title = title;
    this.passages.push(passage);
    return passage;
  }

  /** The exchange to which the next head in this direction belongs. */
  exchange(direction: Direction): Opening {
    const open = direction === "down" ? (this.#asked[0]?.passage ?? this.#flows?.up.passage) : null;
    return open ?? this.begin("exchange", "HTTP");
  }

  /** Whether a head may begin with this line. */
  begins(direction: Direction, line: Uint8Array): boolean {
    return direction === "up" ? isRequestLine(line) : isStatusLine(line);
  }

  /** Dissects a head; `next`: what comes behind it. */
  head(direction: Direction, bytes: Uint8Array, passage: Opening): { parts: readonly Part[]; next: Place } {
    return direction === "up" ? this.#request(bytes, passage) : this.#response(bytes, passage);
  }

  /** What comes behind a message that has ended. */
  afterMessage(direction: Direction): Place {
    if (direction === "down") {
      if (!this.#interim) this.#asked.shift();
      this.#interim = false;
    }
    return { at: "head" };
  }

  /** Lets the other direction go on where it has waited for this one. */
  settle(direction: Direction, next: Place): void {
    const up = this.#flows?.up;
    if (direction === "up" || up === undefined || this.#interim) return;
    if (next.at === "frame") up.goOn(next);
    else if (up.awaitsAnswer) up.goOn({ at: "head" });
  }

  /** Where to go on behind missing bytes. Which answer belongs to which request is not known any more. */
  afterHole(place: Place): Place {
    this.#asked = [];
    if (place.at === "frame" || place.at === "payload") return { at: "frame", doubtful: true };
    return place.at === "stream" ? place : { at: "head" };
  }

  #request(bytes: Uint8Array, passage: Opening): { parts: readonly Part[]; next: Place } {
    const { method, target, headers, parts } = requestHead(bytes);
    passage.title = `${method} ${target.split("?", 1)[0]}`;
    if (this.#asked.length === MOST_ASKED) this.#asked = [];
    this.#asked.push({ passage, method, key: headers.get("sec-websocket-key") ?? null });
    const next = sized(headers);
    if (next !== null) return { parts, next };
    return { parts, next: headers.has("upgrade") ? { at: "answer-awaited" } : { at: "head" } };
  }

  #response(bytes: Uint8Array, passage: Opening): { parts: readonly Part[]; next: Place } {
    const asked = this.#asked[0];
    const head = responseHead(bytes, asked?.key ?? null);
    passage.status = head.status;
    this.#interim = head.status < 200 && head.status !== 101;
    return { parts: head.parts, next: afterResponse(head, asked?.method) };
  }
}

/** What follows a response's head: RFC 9112, section 6.3. */
function afterResponse({ status, headers }: ResponseHead, method: string | undefined): Place {
  if (status === 101) {
    if (/\bwebsocket\b/i.test(headers.get("upgrade") ?? "")) return { at: "frame", doubtful: false };
    return rest("another protocol", "The connection goes on in a protocol that is not explained here.");
  }
  if (status < 200 || status === 204 || status === 304 || method === "HEAD") return { at: "head" };
  const next = sized(headers);
  if (next !== null) return next;
  if (contentTypeOf(headers).startsWith("text/event-stream")) return { at: "stream" };
  return rest("body", "Nothing said how long it is: it ends with its connection.");
}

function rest(label: string, explanation: string): Place {
  const part = { label, purpose: "payload", explanation, source: "RFC 9112, section 6.3" } as const;
  return { at: "opaque", part, from: 0, left: Number.POSITIVE_INFINITY, next: { at: "head" } };
}

/** The place of a body whose length is told beforehand, or chunk by chunk; null: it is not. */
function sized(headers: ReadonlyMap<string, string>): Place | null {
  const contentType = contentTypeOf(headers);
  if (/\bchunked\s*$/i.test(headers.get("transfer-encoding") ?? "")) return { at: "chunk-size", contentType };
  const length = /^[0-9]{1,15}$/.exec(headers.get("content-length") ?? "")?.[0];
  if (length === undefined) return null;
  const bytes = Number(length);
  if (bytes === 0) return { at: "head" };
  if (bytes <= MAX_DISSECTED_BYTES) return { at: "body", bytes, contentType };
  const part = { label: "body", purpose: "payload", explanation: "A body too long to be looked into." } as const;
  return { at: "opaque", part, from: 0, left: bytes, next: { at: "head" } };
}

function contentTypeOf(headers: ReadonlyMap<string, string>): string {
  return (headers.get("content-type") ?? "").toLowerCase();
}
