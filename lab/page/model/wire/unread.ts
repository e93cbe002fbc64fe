/** Longer bodies, events and frames are passed over: the protocol has none, and what is kept of a connection is bounded. */
export const MOST_CHARACTERS = 1_048_576;

/**
 * Text of one direction that is not read yet. Its pieces are joined once enough has come, and an end is sought only in
 * what is new: a message costs the same in one piece as in single characters.
 */
export class Unread {
  #pieces: string[] = [];
  #length = 0;
  /** Of the search under way: pieces searched, the characters in them, and the last few of those. */
  #searched = 0;
  #before = 0;
  #tail = "";
  #scanned = 0;

  get length(): number {
    return this.#length;
  }

  /** Characters looked at by `find`, or copied to be joined: a small multiple of those pushed. */
  get scanned(): number {
    return this.#scanned;
  }

  push(text: string): void {
    if (text === "") return;
    this.#pieces.push(text);
    this.#length += text.length;
  }

  /** Where `end` begins; -1: not yet. Always the same `end` until something is taken. */
  find(end: string): number {
    for (; this.#searched < this.#pieces.length; this.#searched += 1) {
      const piece = this.#pieces[this.#searched] ?? "";
      const text = this.#tail + piece;
      const at = text.indexOf(end);
      this.#scanned += at < 0 ? piece.length : at;
      if (at >= 0) return this.#before - this.#tail.length + at;
      this.#before += piece.length;
      this.#tail = text.slice(1 - end.length);
    }
    return -1;
  }

  /** The first characters, without taking them. */
  peek(length: number): string {
    const [first = ""] = this.#pieces;
    return first.length >= length || this.#pieces.length === 1
      ? first.slice(0, length)
      : this.#joined().slice(0, length);
  }

  /** Takes the first characters, or all there are. */
  take(length: number): string {
    const whole = this.#joined();
    this.clear();
    this.push(whole.slice(length));
    return whole.slice(0, length);
  }

  /** Drops the first characters without joining anything; answers how many there were. */
  skip(length: number): number {
    if (length <= 0) return 0;
    let left = Math.min(length, this.#length);
    const skipped = left;
    const pieces = this.#pieces;
    this.clear();
    for (const piece of pieces) {
      this.push(piece.slice(left));
      left = Math.max(0, left - piece.length);
    }
    return skipped;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#searched = 0;
    this.#before = 0;
    this.#tail = "";
  }

  #joined(): string {
    if (this.#pieces.length > 1) {
      this.#scanned += this.#length;
      this.#pieces = [this.#pieces.join("")];
    }
    return this.#pieces[0] ?? "";
  }
}
