/** The text of a published message: a stamp with its number that can be found in raw bytes, so that no JSON is parsed. */

const HASH = 0x23;
const ZERO = 0x30;
const DIGITS = 10;
const WORDS = " hello, room";

/**
 * Returns the text of message `number`: the stamp, words that make it a usual length, and filler up to `textBytes`.
 * JSON escapes nothing in it.
 */
export function stampedText(number: number, textBytes: number): string {
  const stamp = `#${String(number).padStart(DIGITS, "0")}`;
  return `${stamp}${WORDS}`.padEnd(textBytes, ".");
}

/** Returns the command that publishes message `number`. A dialect may have to wrap it for its server. */
export function say(number: number, textBytes: number): string {
  return JSON.stringify({ type: "say", id: `p${number}`, text: stampedText(number, textBytes) });
}

/** Returns the text of a `say` command. Throws if there is none. */
export function textOf(json: string): string {
  const command: unknown = JSON.parse(json);
  const text = typeof command === "object" && command !== null && "text" in command ? command.text : undefined;
  if (typeof text !== "string") throw new TypeError(`only say commands are published, not ${json}`);
  return text;
}

/**
 * Finds the stamps in a reader's bytes without parsing them, across chunks cut anywhere.
 * A frame's length byte may also be `#`: only `#` with ten digits after it is a stamp.
 */
export class StampScanner {
  readonly #found: (number: number) => void;
  /** Digits read so far of a stamp that may continue in the next chunk; -1 outside a stamp. */
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

  /** Continues a stamp. Returns the index at which it stopped. */
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
