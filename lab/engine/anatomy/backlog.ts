import { MAX_DISSECTED_BYTES, MAX_LINE_BYTES } from "./place.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const INITIAL_BYTES = 256;
/** A larger buffer is given back once it is empty: every connection of a run has two of them. */
const KEPT_BYTES = 65_536;

/** Bytes that have come and are not understood yet. Each is searched once, in whatever pieces they come. */
export class Backlog {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #from = 0;
  #to = 0;
  /** Bytes at the beginning in which nothing was found. */
  #searched = 0;
  /** Within a head: where the line under way begins, and how many lines there were before it. */
  #lineFrom = 0;
  #lines = 0;
  #scanned = 0;

  /** Bytes looked at so far: a small multiple of those pushed, in whatever pieces they came. */
  get scannedBytes(): number {
    return this.#scanned;
  }

  get length(): number {
    return this.#to - this.#from;
  }

  /** All of them; good until the next `push`. */
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

  /** The first of them are understood. */
  drop(length: number): void {
    this.#from += Math.min(length, this.length);
    this.#searched = 0;
    this.#lineFrom = 0;
    this.#lines = 0;
    if (this.length > 0 || this.#bytes.length <= KEPT_BYTES) return;
    this.#bytes = new Uint8Array(INITIAL_BYTES);
    this.#from = 0;
    this.#to = 0;
  }

  /** Bytes of the head they begin with, its empty line included; "none": it is no head, `begins` says so of its first line. */
  headLength(begins: (line: Uint8Array) => boolean): number | "unfinished" | "none" {
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
        if (!begins(view.subarray(0, end + 1))) return "none";
        continue;
      }
      const isEmpty = end === from || (end === from + 1 && view[from] === CARRIAGE_RETURN);
      if (isEmpty) return end + 1;
    }
  }

  /** Bytes of the line they begin with, its end included. `byReturn`: CR alone ends it as well, as in an event stream. */
  lineLength(byReturn: boolean): number | "unfinished" | "too-long" {
    const { view } = this;
    const limit = byReturn ? MAX_DISSECTED_BYTES : MAX_LINE_BYTES;
    const until = Math.min(view.length, limit);
    for (let at = this.#searched; at < until; at += 1) {
      this.#scanned += 1;
      const byte = view[at];
      if (byte === LINE_FEED) return at + 1;
      if (byReturn && byte === CARRIAGE_RETURN) {
        if (at + 1 === view.length) return "unfinished";
        return view[at + 1] === LINE_FEED ? at + 2 : at + 1;
      }
      this.#searched = at + 1;
    }
    return view.length > limit ? "too-long" : "unfinished";
  }
}
