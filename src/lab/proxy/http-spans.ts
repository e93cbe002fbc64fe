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
  /** Methods of the requests whose responses are still to come. */
  readonly methods: string[];
  /** The protocol was changed by 101: what follows is no HTTP. */
  tunnel: boolean;
}

type Place =
  | { readonly at: "head" }
  | { readonly at: "length"; left: number }
  | { readonly at: "chunk-size" | "chunk-end" | "trailer" }
  | { readonly at: "chunk"; left: number }
  /** To the connection's end, or bytes that are no HTTP. */
  | { readonly at: "rest" };

/** No head is longer; what is, is no HTTP as far as the proxy is concerned. */
const MAX_LINE_BYTES = 65_536;

const LINE_FEED = 10;

/** Follows one direction of a connection and says what its bytes are. It changes nothing. */
export class HttpSpans {
  readonly #side: "request" | "response";
  readonly #exchange: Exchange;
  #place: Place = { at: "head" };
  #line = "";

  constructor(side: "request" | "response", exchange: Exchange) {
    this.#side = side;
    this.#exchange = exchange;
  }

  /** The spans of `bytes`, without a hole between them. */
  feed(bytes: Uint8Array): Span[] {
    const spans: Span[] = [];
    if (this.#exchange.tunnel) this.#place = { at: "rest" };
    for (let from = 0; from < bytes.length; ) {
      const span = this.#next(bytes, from);
      spans.push(span);
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
        const line = this.#line.trim();
        this.#line = "";
        return body(to, this.#afterLine(place.at, line));
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
      if (!/\r?\n\r?\n$/.test(this.#line)) {
        at = to;
        continue;
      }
      const head = this.#line;
      this.#line = "";
      const ends = this.#afterHead(head);
      return { part: "head", from, to, head, ends };
    }
  }

  /** Collects up to and including the next line feed; null when it isn't there yet. */
  #untilLineEnd(bytes: Uint8Array, from: number): number | null {
    const end = bytes.indexOf(LINE_FEED, from);
    const to = end < 0 ? bytes.length : end + 1;
    this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
    if (this.#line.length > MAX_LINE_BYTES) {
      this.#place = { at: "rest" };
      this.#line = "";
      return null;
    }
    return end < 0 ? null : to;
  }

  /** Finds out what follows a head (RFC 9112, section 6.3); whether nothing does. */
  #afterHead(head: string): boolean {
    const status = Number(/^HTTP\/1\.[01] ([1-5][0-9]{2})/.exec(head)?.[1] ?? 0);
    if (this.#side === "request") this.#exchange.methods.push(head.split(" ", 1)[0] ?? "");
    else if (status === 0) return this.#goTo({ at: "rest" });
    else if (status === 101) {
      this.#exchange.tunnel = true;
      return this.#goTo({ at: "rest" });
    } else if (status < 200) return this.#goTo({ at: "head" });
    const method = this.#side === "response" ? this.#exchange.methods.shift() : undefined;
    if (method === "HEAD" || status === 204 || status === 304) return this.#goTo({ at: "head" });
    if (/^transfer-encoding:.*\bchunked\s*$/im.test(head)) return this.#goTo({ at: "chunk-size" });
    const length = /^content-length:\s*([0-9]{1,15})\s*$/im.exec(head)?.[1];
    if (length !== undefined)
      return this.#goTo(Number(length) === 0 ? { at: "head" } : { at: "length", left: Number(length) });
    return this.#goTo(this.#side === "response" ? { at: "rest" } : { at: "head" });
  }

  #goTo(place: Place): boolean {
    this.#place = place;
    return place.at === "head";
  }
}
