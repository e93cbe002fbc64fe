import { type HttpExchanges, HttpSpans } from "./http-spans.ts";
import { PIECE_OVERHEAD_BYTES } from "./proxy-state.ts";

/** Bytes between arrival and sending. */
export interface Filtered {
  /** The bytes as they arrived. */
  readonly original: Buffer;
  /** The bytes to send: the same buffer unless something was removed. */
  readonly forwarded: Buffer;
  /** When they arrived, in ms on the proxy's clock. */
  readonly arrivedAt: number;
}

/** Holds back or changes the bytes of one direction before they are queued. */
export interface Filter {
  /** Takes bytes. Returns what may be queued now, in order. */
  push(bytes: Buffer): readonly Filtered[];
  /** Returns everything held back. Called when the sender has ended or nothing is to be held any more. */
  flush(): readonly Filtered[];
  readonly heldBytes: number;
  /** Number of pieces held back. */
  readonly heldPieces: number;
}

/** What the upgrade stripper needs of its connection. */
export interface StripperHost {
  now(): number;
  /** Returns whether request heads are to be stripped. */
  strips(): boolean;
  /** Called for each head that was changed. */
  onStripped(): void;
}

/** Removes `Upgrade` and `Connection` from request heads, as a proxy without WebSocket support does (RFC 9110, section 7.6.1). */
export class UpgradeStripper implements Filter {
  readonly #host: StripperHost;
  readonly #spans: HttpSpans;
  #head: Buffer[] = [];
  #heldBytes = 0;
  #arrivedAt = 0;

  constructor(host: StripperHost, exchanges: HttpExchanges) {
    this.#host = host;
    this.#spans = new HttpSpans("request", exchanges);
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get heldPieces(): number {
    return this.#head.length;
  }

  push(bytes: Buffer): readonly Filtered[] {
    const now = this.#host.now();
    const spans = this.#spans.feed(bytes);
    if (this.#head.length === 0 && !this.#host.strips()) return [unchanged(bytes, now)];
    const out: Filtered[] = [];
    for (const { part, from, to, head } of spans) {
      const piece = bytes.subarray(from, to);
      if (part === "body") {
        out.push(...this.flush(), unchanged(piece, now));
        continue;
      }
      if (this.#head.length === 0) this.#arrivedAt = now;
      this.#head.push(piece);
      this.#heldBytes += piece.length;
      if (head !== null) out.push(this.#strip(this.#takeHead()));
    }
    return out;
  }

  flush(): readonly Filtered[] {
    return this.#head.length === 0 ? [] : [this.#takeHead()];
  }

  /** Takes what is held of a head, unchanged. */
  #takeHead(): Filtered {
    const head = unchanged(Buffer.concat(this.#head), this.#arrivedAt);
    this.#head = [];
    this.#heldBytes = 0;
    return head;
  }

  #strip(head: Filtered): Filtered {
    const text = head.original.toString("latin1");
    if (!this.#host.strips() || !/^upgrade:/im.test(text)) return head;
    this.#host.onStripped();
    const stripped = text.replaceAll(/^(?:upgrade|connection):.*\r?\n/gim, "");
    return { ...head, forwarded: Buffer.from(stripped, "latin1") };
  }
}

/** What the body holder needs of its connection. */
export interface HolderHost {
  now(): number;
  /** Returns whether bodies are to be held. */
  holds(): boolean;
  /** Called when a body begins to be held. */
  onHeld(): void;
}

/** A larger body is passed on as it arrives, as by a proxy whose buffer is full. */
const MAX_HELD_BODY_BYTES = 1_048_576;

/** Holds each response body until it is complete, as a buffering proxy does: an endless stream until its connection ends. */
export class BodyHolder implements Filter {
  readonly #host: HolderHost;
  readonly #spans: HttpSpans;
  readonly #exchanges: HttpExchanges;
  readonly #maxBytes: number;
  #body: Filtered[] = [];
  #heldBytes = 0;
  /** The current body was too large to be held. */
  #overflowed = false;

  constructor(host: HolderHost, exchanges: HttpExchanges, maxBytes: number) {
    this.#host = host;
    this.#exchanges = exchanges;
    this.#spans = new HttpSpans("response", exchanges);
    this.#maxBytes = Math.min(maxBytes, MAX_HELD_BODY_BYTES);
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get heldPieces(): number {
    return this.#body.length;
  }

  push(bytes: Buffer): readonly Filtered[] {
    const now = this.#host.now();
    const spans = this.#spans.feed(bytes);
    if (this.#exchanges.tunnel || !this.#host.holds()) {
      this.#overflowed = false;
      return [...this.flush(), unchanged(bytes, now)];
    }
    const out: Filtered[] = [];
    for (const { part, from, to, ends } of spans) {
      const piece = unchanged(bytes.subarray(from, to), now);
      if (part === "head" || this.#overflowed) out.push(piece);
      else this.#hold(piece, ends);
      if (ends || this.#heldBytes + this.#body.length * PIECE_OVERHEAD_BYTES > this.#maxBytes) {
        this.#overflowed = !ends;
        for (const held of this.flush()) out.push(held);
      }
    }
    return out;
  }

  flush(): readonly Filtered[] {
    const body = this.#body;
    this.#body = [];
    this.#heldBytes = 0;
    return body;
  }

  #hold(piece: Filtered, ends: boolean): void {
    // A body that arrives complete is not delayed, so it does not count as held.
    if (this.#body.length === 0 && !ends) this.#host.onHeld();
    this.#body.push(piece);
    this.#heldBytes += piece.original.length;
  }
}

function unchanged(bytes: Buffer, arrivedAt: number): Filtered {
  return { original: bytes, forwarded: bytes, arrivedAt };
}
