import type { Exchange } from "./http-spans.ts";
import { HttpSpans } from "./http-spans.ts";
import type { Filter, Passing } from "./piece.ts";

/** What the stripping of request heads needs to know and tells. */
export interface StripOwner {
  now(): number;
  /** Whether heads that begin now are to be stripped. */
  strips(): boolean;
  stripped(): void;
}

/** Takes `Upgrade` and `Connection` out of request heads, as a proxy that treats both as for itself does (RFC 9110, section 7.6.1). */
export class UpgradeStripper implements Filter {
  readonly #owner: StripOwner;
  readonly #spans: HttpSpans;
  #head: Buffer[] = [];
  #held = 0;
  #cameAt = 0;

  constructor(owner: StripOwner, exchange: Exchange) {
    this.#owner = owner;
    this.#spans = new HttpSpans("request", exchange);
  }

  get held(): number {
    return this.#held;
  }

  get heldPieces(): number {
    return this.#head.length;
  }

  take(bytes: Buffer): readonly Passing[] {
    const now = this.#owner.now();
    const spans = this.#spans.feed(bytes);
    if (this.#head.length === 0 && !this.#owner.strips()) return [{ original: bytes, passing: bytes, cameAt: now }];
    const out: Passing[] = [];
    for (const { part, from, to, head } of spans) {
      const stretch = bytes.subarray(from, to);
      if (part === "body") {
        out.push(...this.giveUp(), { original: stretch, passing: stretch, cameAt: now });
        continue;
      }
      if (this.#head.length === 0) this.#cameAt = now;
      this.#head.push(stretch);
      this.#held += stretch.length;
      if (head !== null) out.push(this.#complete());
    }
    return out;
  }

  giveUp(): readonly Passing[] {
    if (this.#head.length === 0) return [];
    return [this.#takeHead()];
  }

  /** What is held of a head, as it came. */
  #takeHead(): Passing {
    const original = Buffer.concat(this.#head);
    this.#head = [];
    this.#held = 0;
    return { original, passing: original, cameAt: this.#cameAt };
  }

  #complete(): Passing {
    const whole = this.#takeHead();
    const text = whole.original.toString("latin1");
    if (!this.#owner.strips() || !/^upgrade:/im.test(text)) return whole;
    this.#owner.stripped();
    const passing = Buffer.from(text.replaceAll(/^(?:upgrade|connection):.*\r?\n/gim, ""), "latin1");
    return { ...whole, passing };
  }
}
