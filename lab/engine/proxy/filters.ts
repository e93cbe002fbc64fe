import { type Exchange, HttpSpans } from "./http-spans.ts";
import { type Filter, type Passing, PIECE_BYTES } from "./piece.ts";

/** What the holding of bodies needs to know and tells. */
export interface HoldOwner {
  now(): number;
  /** Whether bodies are to be held. */
  holds(): boolean;
  /** A body has begun to be held. */
  holding(): void;
}

/** A body that grows beyond this is passed on as it comes, as by proxies whose buffers are full. */
export const MAX_HELD_BODY_BYTES = 1_048_576;

/** Holds the body of a response until it has ended, as a buffering proxy does; a stream's body ends with its connection. */
export class BodyHolder implements Filter {
  readonly #owner: HoldOwner;
  readonly #spans: HttpSpans;
  readonly #exchange: Exchange;
  readonly #maxBytes: number;
  #body: Passing[] = [];
  #held = 0;
  /** The body under way has been too large to be held. */
  #passesOn = false;

  constructor(owner: HoldOwner, exchange: Exchange, maxBytes: number) {
    this.#owner = owner;
    this.#exchange = exchange;
    this.#spans = new HttpSpans("response", exchange);
    this.#maxBytes = Math.min(maxBytes, MAX_HELD_BODY_BYTES);
  }

  get held(): number {
    return this.#held;
  }

  get heldPieces(): number {
    return this.#body.length;
  }

  take(bytes: Buffer): readonly Passing[] {
    const now = this.#owner.now();
    const spans = this.#spans.feed(bytes);
    if (this.#exchange.tunnel || !this.#owner.holds()) {
      this.#passesOn = false;
      return [...this.giveUp(), { original: bytes, passing: bytes, cameAt: now }];
    }
    const out: Passing[] = [];
    for (const { part, from, to, ends } of spans) {
      const stretch = bytes.subarray(from, to);
      const passing: Passing = { original: stretch, passing: stretch, cameAt: now };
      if (part === "head" || this.#passesOn) out.push(passing);
      else this.#hold(passing, ends);
      if (ends || this.#held + this.#body.length * PIECE_BYTES > this.#maxBytes) {
        this.#passesOn = !ends;
        for (const piece of this.giveUp()) out.push(piece);
      }
    }
    return out;
  }

  giveUp(): readonly Passing[] {
    const body = this.#body;
    this.#body = [];
    this.#held = 0;
    return body;
  }

  #hold(passing: Passing, ends: boolean): void {
    // A body that is there whole at once is not delayed by being held.
    if (this.#body.length === 0 && !ends) this.#owner.holding();
    this.#body.push(passing);
    this.#held += passing.original.length;
  }
}
