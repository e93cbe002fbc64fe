/** What a stretch of bytes is within HTTP/1.1 (RFC 9112). A head's last span bears its text. */
export interface Span {
  readonly part: "head" | "body";
  readonly from: number;
  readonly to: number;
  /** The whole head, as latin1, on the span that completes it. */
  readonly head: string | null;
  /** The message ends with this span. */
  readonly ends: boolean;
}

/** What the two directions of one connection know of each other. */
export interface Exchange {
  /** For each request whose response is still to come: whether it is a HEAD, so that no body follows. */
  readonly heads: boolean[];
  /** The protocol was changed by 101, or the proxy has stopped reading along: bytes pass as they come. */
  tunnel: boolean;
}

type Place =
  | { readonly at: "head" }
  | { readonly at: "length"; left: number }
  | { readonly at: "chunk-size" | "chunk-end" | "trailer" }
  | { readonly at: "chunk"; left: number }
  /** To the connection's end, or bytes that are no HTTP. */
  | { readonly at: "rest" };

/** Longer heads and lines are not HTTP as far as the proxy is concerned. */
const MAX_LINE_BYTES = 65_536;
/** More requests without a response than this on one connection, and the proxy stops reading along. */
const MAX_UNANSWERED = 1_024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Follows one direction of a connection and says what its bytes are. It changes nothing. Each byte is scanned once, in
 * whatever pieces it comes.
 */
export class HttpSpans {
  readonly #side: "request" | "response";
  readonly #exchange: Exchange;
  #place: Place = { at: "head" };
  /** Pieces of the head or line that has not ended yet, as latin1, and their length. */
  #pieces: string[] = [];
  #length = 0;
  /** Of the line under way: its bytes so far, and the last of them. */
  #lineBytes = 0;
  #lastByte = 0;
  /** The head under way has a line that is not empty. */
  #begun = false;
  #scanned = 0;

  constructor(side: "request" | "response", exchange: Exchange) {
    this.#side = side;
    this.#exchange = exchange;
  }

  /** Bytes looked at so far: never more than were fed. */
  get scannedBytes(): number {
    return this.#scanned;
  }

  /** The spans of `bytes`, without a hole between them. A message's body is one span, however many chunks it has. */
  feed(bytes: Uint8Array): Span[] {
    const spans: Span[] = [];
    for (let from = 0; from < bytes.length; ) {
      if (this.#exchange.tunnel) this.#place = { at: "rest" };
      const span = this.#next(bytes, from);
      const last = spans.at(-1);
      if (last?.part === "body" && !last.ends && span.part === "body")
        spans[spans.length - 1] = { ...span, from: last.from };
      else spans.push(span);
      from = span.to;
    }
    return spans;
  }

  #next(bytes: Uint8Array, from: number): Span {
    const place = this.#place;
    const body = (to: number, ends = false): Span => ({ part: "body", from, to, head: null, ends });
    switch (place.at) {
      case "head":
        return this.#head(bytes, from);
      case "rest":
        return body(bytes.length);
      case "length":
      case "chunk": {
        const taken = Math.min(place.left, bytes.length - from);
        place.left -= taken;
        if (place.left > 0) return body(from + taken);
        this.#place = place.at === "chunk" ? { at: "chunk-end" } : { at: "head" };
        return body(from + taken, place.at === "length");
      }
      case "chunk-size":
      case "chunk-end":
      case "trailer": {
        const to = this.#untilLineEnd(bytes, from);
        if (to === null) return body(bytes.length);
        return body(to, this.#afterLine(place.at, this.#takeText().trim()));
      }
    }
  }

  /** Takes in a line of the chunked coding; whether the message ended with it. */
  #afterLine(at: "chunk-size" | "chunk-end" | "trailer", line: string): boolean {
    if (at === "chunk-end") this.#place = { at: "chunk-size" };
    else if (at === "trailer") {
      if (line !== "") return false;
      this.#place = { at: "head" };
      return true;
    } else {
      const size = /^[0-9a-f]{1,8}/i.exec(line)?.[0];
      if (size === undefined) this.#place = { at: "rest" };
      else
        this.#place =
          Number.parseInt(size, 16) === 0 ? { at: "trailer" } : { at: "chunk", left: Number.parseInt(size, 16) };
    }
    return false;
  }

  #head(bytes: Uint8Array, from: number): Span {
    for (let at = from; ; ) {
      const to = this.#untilLineEnd(bytes, at);
      if (to === null) return { part: "head", from, to: bytes.length, head: null, ends: false };
      const isEmpty = this.#lineBytes === 0 || (this.#lineBytes === 1 && this.#lastByte === CARRIAGE_RETURN);
      this.#lineBytes = 0;
      // Empty lines before a head count as part of it.
      if (!isEmpty || !this.#begun) {
        this.#begun ||= !isEmpty;
        at = to;
        continue;
      }
      const head = this.#takeText();
      return { part: "head", from, to, head, ends: this.#afterHead(head) };
    }
  }

  /** Collects up to and including the next line feed; null if it has not come yet. */
  #untilLineEnd(bytes: Uint8Array, from: number): number | null {
    const end = bytes.indexOf(LINE_FEED, from);
    const to = end < 0 ? bytes.length : end + 1;
    this.#scanned += to - from;
    this.#length += to - from;
    if (this.#length > MAX_LINE_BYTES) {
      this.#place = { at: "rest" };
      this.#takeText();
      return null;
    }
    this.#pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1"));
    const content = end < 0 ? to : end;
    this.#lineBytes += content - from;
    if (content > from) this.#lastByte = bytes[content - 1] ?? 0;
    return end < 0 ? null : to;
  }

  /** The head or line that has ended, and begins the next one. */
  #takeText(): string {
    const text = this.#pieces.length === 1 ? (this.#pieces[0] ?? "") : this.#pieces.join("");
    this.#pieces = [];
    this.#length = 0;
    this.#lineBytes = 0;
    this.#begun = false;
    return text;
  }

  /** Finds out what follows a head (RFC 9112, section 6.3); whether nothing does. */
  #afterHead(head: string): boolean {
    const status = Number(/^HTTP\/1\.[01] ([1-5][0-9]{2})/.exec(head)?.[1] ?? 0);
    if (this.#side === "request") this.#noteRequest(head.trimStart().startsWith("HEAD "));
    else if (status === 0) return this.#goTo({ at: "rest" });
    else if (status === 101) {
      this.#exchange.tunnel = true;
      return this.#goTo({ at: "rest" });
    } else if (status < 200) return this.#goTo({ at: "head" });
    const isHead = this.#side === "response" && this.#exchange.heads.shift() === true;
    if (isHead || status === 204 || status === 304) return this.#goTo({ at: "head" });
    if (/^transfer-encoding:.*\bchunked\s*$/im.test(head)) return this.#goTo({ at: "chunk-size" });
    const length = /^content-length:\s*([0-9]{1,15})\s*$/im.exec(head)?.[1];
    if (length !== undefined)
      return this.#goTo(Number(length) === 0 ? { at: "head" } : { at: "length", left: Number(length) });
    return this.#goTo(this.#side === "response" ? { at: "rest" } : { at: "head" });
  }

  #noteRequest(isHead: boolean): void {
    if (this.#exchange.heads.length < MAX_UNANSWERED) this.#exchange.heads.push(isHead);
    else this.#exchange.tunnel = true;
  }

  #goTo(place: Place): boolean {
    this.#place = place;
    return place.at === "head";
  }
}
