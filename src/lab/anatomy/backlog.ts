import { MAX_DISSECTED_BYTES, MAX_LINE_BYTES } from "./place.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Bytes that have come and are not understood yet. */
export class Backlog {
  #bytes = new Uint8Array(256);
  #from = 0;
  #to = 0;
  /** Bytes at the beginning in which nothing was found. */
  #searched = 0;

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
      const room = Math.max(kept.length + bytes.length, kept.length * 2, 256);
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
  }

  /** Bytes of the head they begin with, its empty line included; "none": it is no head, `begins` says so of its first line. */
  headLength(begins: (line: Uint8Array) => boolean): number | "unfinished" | "none" {
    const { view } = this;
    for (;;) {
      const end = view.indexOf(LINE_FEED, this.#searched);
      if (end < 0 ? view.length >= MAX_LINE_BYTES : end >= MAX_LINE_BYTES) return "none";
      if (end < 0) return "unfinished";
      const first = view.indexOf(LINE_FEED) === end;
      if (first && !begins(view.subarray(0, end + 1))) return "none";
      this.#searched = end + 1;
      const before = view[end - 1] === CARRIAGE_RETURN ? end - 2 : end - 1;
      if (!first && view[before] === LINE_FEED) return end + 1;
    }
  }

  /** Bytes of the line they begin with, its end included. `byReturn`: CR alone ends it as well, as in an event stream. */
  lineLength(byReturn: boolean): number | "unfinished" | "too-long" {
    const { view } = this;
    const limit = byReturn ? MAX_DISSECTED_BYTES : MAX_LINE_BYTES;
    for (let at = this.#searched; at < Math.min(view.length, limit); at += 1) {
      if (view[at] === LINE_FEED) return at + 1;
      if (byReturn && view[at] === CARRIAGE_RETURN) {
        if (at + 1 === view.length) return "unfinished";
        return view[at + 1] === LINE_FEED ? at + 2 : at + 1;
      }
      this.#searched = at + 1;
    }
    return view.length > limit ? "too-long" : "unfinished";
  }
}
