/** Bytes as text and back, and the buffer of bytes that are not decoded yet. */

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
/** A call with more arguments can overflow the stack. */
const MAX_ARGUMENTS = 8_192;

/** Decodes one character per byte, the encoding of HTTP heads. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += MAX_ARGUMENTS) {
    text += String.fromCharCode(...bytes.subarray(from, from + MAX_ARGUMENTS));
  }
  return text;
}

/** Decodes UTF-8. Invalid bytes become U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

/** Returns two hexadecimal digits per byte. */
export function hex(bytes: Iterable<number>, between = " "): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(between);
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(latin1(bytes));
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const LINE_FEED = 10;
export const CARRIAGE_RETURN = 13;

/** Returns how many bytes the line break at the end of `line` has: 0, 1 or 2. */
export function lineBreakLength(line: Uint8Array): number {
  const last = line.at(-1);
  if (last === LINE_FEED) return line.at(-2) === CARRIAGE_RETURN ? 2 : 1;
  return last === CARRIAGE_RETURN ? 1 : 0;
}

/** Longer heads and lines are not decoded. */
const MAX_LINE_BYTES = 65_536;
/** Larger bodies and payloads are counted, not decoded. */
export const MAX_DECODED_BYTES = 1_048_576;

const INITIAL_BYTES = 256;
/** An empty buffer above this size is released: every connection of a run has two buffers. */
const MAX_IDLE_BYTES = 65_536;

/** Bytes that have arrived and are not decoded yet. A search continues where it ended before the last read. */
export class Backlog {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #from = 0;
  #to = 0;
  /** Bytes at the start that were searched without a result. */
  #searched = 0;
  /** Within a head: the start of the current line, and the number of lines before it. */
  #lineFrom = 0;
  #lines = 0;
  #scanned = 0;

  /** How many bytes were searched so far: a small multiple of the bytes pushed. */
  get scannedBytes(): number {
    return this.#scanned;
  }

  get length(): number {
    return this.#to - this.#from;
  }

  /** All bytes. Valid until the next `push`. */
  get view(): Uint8Array {
    return this.#bytes.subarray(this.#from, this.#to);
  }

  push(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#bytes.length) {
      const kept = this.view;
      const room = Math.max(kept.length + bytes.length, kept.length * 2, INITIAL_BYTES);
      const next = room <= this.#bytes.length && this.#from >= room / 2 ? this.#bytes : new Uint8Array(room);
      next.set(kept);
      this.#bytes = next;
      this.#to = kept.length;
      this.#from = 0;
    }
    this.#bytes.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** Removes the first `length` bytes. */
  drop(length: number): void {
    this.#from += Math.min(length, this.length);
    this.#searched = 0;
    this.#lineFrom = 0;
    this.#lines = 0;
    if (this.length > 0 || this.#bytes.length <= MAX_IDLE_BYTES) return;
    this.#bytes = new Uint8Array(INITIAL_BYTES);
    this.#from = 0;
    this.#to = 0;
  }

  /**
   * Returns the length of the head at the start, its empty line included. Returns "none" if the first line fails
   * `isFirstLine` or the head is too long.
   */
  headLength(isFirstLine: (line: Uint8Array) => boolean): number | "unfinished" | "none" {
    const { view } = this;
    for (;;) {
      const end = view.indexOf(LINE_FEED, this.#searched);
      this.#scanned += (end < 0 ? view.length : end + 1) - this.#searched;
      if (end < 0) {
        this.#searched = view.length;
        return view.length >= MAX_LINE_BYTES ? "none" : "unfinished";
      }
      if (end >= MAX_LINE_BYTES) return "none";
      this.#searched = end + 1;
      const from = this.#lineFrom;
      const isFirst = this.#lines === 0;
      this.#lineFrom = end + 1;
      this.#lines += 1;
      if (isFirst) {
        if (!isFirstLine(view.subarray(0, end + 1))) return "none";
        continue;
      }
      const isEmpty = end === from || (end === from + 1 && view[from] === CARRIAGE_RETURN);
      if (isEmpty) return end + 1;
    }
  }

  /** Returns the length of the line at the start, its end included. With `crEnds`, CR alone ends it, as in an event stream. */
  lineLength(crEnds: boolean): number | "unfinished" | "too-long" {
    const { view } = this;
    const limit = crEnds ? MAX_DECODED_BYTES : MAX_LINE_BYTES;
    const until = Math.min(view.length, limit);
    for (let at = this.#searched; at < until; at += 1) {
      this.#scanned += 1;
      const byte = view[at];
      if (byte === LINE_FEED) return at + 1;
      if (crEnds && byte === CARRIAGE_RETURN) {
        if (at + 1 === view.length) return "unfinished";
        return view[at + 1] === LINE_FEED ? at + 2 : at + 1;
      }
      this.#searched = at + 1;
    }
    return view.length > limit ? "too-long" : "unfinished";
  }
}
