/** Consecutive bytes of an HTTP/1.1 head or body (RFC 9112). */
export interface HttpSpan {
  readonly part: "head" | "body";
  readonly from: number;
  readonly to: number;
  /** The whole head as latin1, on the span that completes it. */
  readonly head: string | null;
  /** The message ends with this span. */
  readonly ends: boolean;
}

/** What the two directions of a connection share. */
export interface HttpExchanges {
  /** One flag per request without a response yet: true if its method is HEAD, so that the response has no body. */
  readonly pendingAreHead: boolean[];
  /** The connection switched protocols (101), or the proxy stopped parsing: bytes pass unparsed. */
  tunnel: boolean;
}

type ParserState =
  | { readonly at: "head" }
  | { readonly at: "length"; left: number }
  | { readonly at: "chunk-size" | "chunk-end" | "trailer" }
  | { readonly at: "chunk"; left: number }
  /** A body that ends with its connection, or bytes that are not HTTP. */
  | { readonly at: "rest" };

/** The proxy treats longer heads and lines as not HTTP. */
const MAX_LINE_BYTES = 65_536;
/** With more pending requests on one connection, the proxy stops parsing. */
const MAX_PENDING_REQUESTS = 1_024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Splits one direction of a connection into heads and bodies without changing it. Scans each byte once, however the bytes
 * are split into reads. The decoder explains bytes for people; this parser only finds what the filters hold or change.
 */
export class HttpSpans {
  readonly #side: "request" | "response";
  readonly #exchanges: HttpExchanges;
  #state: ParserState = { at: "head" };
  /** Pieces of the unfinished head or line, as latin1, and their length. */
  #pieces: string[] = [];
  #length = 0;
  /** The current line: its bytes so far, and the last of them. */
  #lineBytes = 0;
  #lastByte = 0;
  /** The current head has a non-empty line. */
  #hasLine = false;
  #scanned = 0;

  constructor(side: "request" | "response", exchanges: HttpExchanges) {
    this.#side = side;
    this.#exchanges = exchanges;
  }

  /** How many bytes were scanned so far: never more than were fed. */
  get scannedBytes(): number {
    return this.#scanned;
  }

  /** Returns consecutive spans that cover `bytes`. A body is one span, however many chunks it has. */
  feed(bytes: Uint8Array): HttpSpan[] {
    const spans: HttpSpan[] = [];
    for (let from = 0; from < bytes.length; ) {
      if (this.#exchanges.tunnel) this.#state = { at: "rest" };
      const span = this.#next(bytes, from);
      const last = spans.at(-1);
      if (last?.part === "body" && !last.ends && span.part === "body")
        spans[spans.length - 1] = { ...span, from: last.from };
      else spans.push(span);
      from = span.to;
    }
    return spans;
  }

  #next(bytes: Uint8Array, from: number): HttpSpan {
    const state = this.#state;
    const body = (to: number, ends = false): HttpSpan => ({ part: "body", from, to, head: null, ends });
    switch (state.at) {
      case "head":
        return this.#head(bytes, from);
      case "rest":
        return body(bytes.length);
      case "length":
      case "chunk": {
        const taken = Math.min(state.left, bytes.length - from);
        state.left -= taken;
        if (state.left > 0) return body(from + taken);
        this.#state = state.at === "chunk" ? { at: "chunk-end" } : { at: "head" };
        return body(from + taken, state.at === "length");
      }
      case "chunk-size":
      case "chunk-end":
      case "trailer": {
        const to = this.#collectLine(bytes, from);
        if (to === null) return body(bytes.length);
        return body(to, this.#afterLine(state.at, this.#takeText().trim()));
      }
    }
  }

  /** Handles a line of the chunked coding. Returns true if it ends the message. */
  #afterLine(at: "chunk-size" | "chunk-end" | "trailer", line: string): boolean {
    if (at === "chunk-end") this.#state = { at: "chunk-size" };
    else if (at === "trailer") {
      if (line !== "") return false;
      this.#state = { at: "head" };
      return true;
    } else {
      const size = /^[0-9a-f]{1,8}/i.exec(line)?.[0];
      if (size === undefined) this.#state = { at: "rest" };
      else
        this.#state =
          Number.parseInt(size, 16) === 0 ? { at: "trailer" } : { at: "chunk", left: Number.parseInt(size, 16) };
    }
    return false;
  }

  #head(bytes: Uint8Array, from: number): HttpSpan {
    for (let at = from; ; ) {
      const to = this.#collectLine(bytes, at);
      if (to === null) return { part: "head", from, to: bytes.length, head: null, ends: false };
      const isEmpty = this.#lineBytes === 0 || (this.#lineBytes === 1 && this.#lastByte === CARRIAGE_RETURN);
      this.#lineBytes = 0;
      // Empty lines before a head are part of it.
      if (!isEmpty || !this.#hasLine) {
        this.#hasLine ||= !isEmpty;
        at = to;
        continue;
      }
      const head = this.#takeText();
      return { part: "head", from, to, head, ends: this.#afterHead(head) };
    }
  }

  /** Collects bytes up to and including the next line feed. Returns null if it has not arrived yet. */
  #collectLine(bytes: Uint8Array, from: number): number | null {
    const end = bytes.indexOf(LINE_FEED, from);
    const to = end < 0 ? bytes.length : end + 1;
    this.#scanned += to - from;
    this.#length += to - from;
    if (this.#length > MAX_LINE_BYTES) {
      this.#state = { at: "rest" };
      this.#takeText();
      return null;
    }
    this.#pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1"));
    const content = end < 0 ? to : end;
    this.#lineBytes += content - from;
    if (content > from) this.#lastByte = bytes[content - 1] ?? 0;
    return end < 0 ? null : to;
  }

  /** Returns the finished head or line, and starts the next one. */
  #takeText(): string {
    const text = this.#pieces.length === 1 ? (this.#pieces[0] ?? "") : this.#pieces.join("");
    this.#pieces = [];
    this.#length = 0;
    this.#lineBytes = 0;
    this.#hasLine = false;
    return text;
  }

  /** Sets the state after a head (RFC 9112, section 6.3). Returns true if no body follows. */
  #afterHead(head: string): boolean {
    const status = Number(/^HTTP\/1\.[01] ([1-5][0-9]{2})/.exec(head)?.[1] ?? 0);
    if (this.#side === "request") this.#addRequest(head.trimStart().startsWith("HEAD "));
    else if (status === 0) return this.#enter({ at: "rest" });
    else if (status === 101) {
      this.#exchanges.tunnel = true;
      return this.#enter({ at: "rest" });
    } else if (status < 200) return this.#enter({ at: "head" });
    const isHead = this.#side === "response" && this.#exchanges.pendingAreHead.shift() === true;
    if (isHead || status === 204 || status === 304) return this.#enter({ at: "head" });
    if (/^transfer-encoding:.*\bchunked\s*$/im.test(head)) return this.#enter({ at: "chunk-size" });
    const length = /^content-length:\s*([0-9]{1,15})\s*$/im.exec(head)?.[1];
    if (length !== undefined)
      return this.#enter(Number(length) === 0 ? { at: "head" } : { at: "length", left: Number(length) });
    return this.#enter(this.#side === "response" ? { at: "rest" } : { at: "head" });
  }

  #addRequest(isHead: boolean): void {
    if (this.#exchanges.pendingAreHead.length < MAX_PENDING_REQUESTS) this.#exchanges.pendingAreHead.push(isHead);
    else this.#exchanges.tunnel = true;
  }

  #enter(state: ParserState): boolean {
    this.#state = state;
    return state.at === "head";
  }
}
