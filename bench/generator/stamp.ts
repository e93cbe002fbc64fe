const HASH = 0x23;
const ZERO = 0x30;
const DIGITS = 10;
const WORDS = " hello, room";

/**
 * The text of message `number`: a stamp that can be found in bytes, and words that make it a usual length, or filler up to
 * `textBytes`. Nothing in it is longer in JSON than it is.
 */
export function stampedText(number: number, textBytes: number): string {
  const stamp = `#${String(number).padStart(DIGITS, "0")}`;
  return `${stamp}${WORDS}`.padEnd(textBytes, ".");
}

/**
 * Finds the stamps in a reader's bytes without parsing them, wherever the chunks are cut.
 * A length byte that happens to be `#` is no stamp: ten digits must follow.
 */
export class StampScanner {
  readonly #found: (number: number) => void;
  /** Digits of a stamp cut at the end of a chunk; -1 when there is none. */
  #digits = -1;
  #value = 0;

  constructor(found: (number: number) => void) {
    this.#found = found;
  }

  scan(bytes: Uint8Array): void {
    let at = this.#digits < 0 ? bytes.indexOf(HASH) : 0;
    while (at >= 0 && at < bytes.length) {
      if (this.#digits < 0) {
        this.#digits = 0;
        this.#value = 0;
        at += 1;
      }
      at = this.#readDigits(bytes, at);
      if (this.#digits < 0) at = bytes.indexOf(HASH, at);
    }
  }

  /** Reads on in a stamp; answers where it stopped. */
  #readDigits(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) {
        this.#digits = -1;
        return at;
      }
      this.#value = this.#value * 10 + digit;
      this.#digits += 1;
      if (this.#digits === DIGITS) {
        this.#digits = -1;
        this.#found(this.#value);
        return at + 1;
      }
    }
    return bytes.length;
  }
}
