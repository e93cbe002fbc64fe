const SEQ = '"seq":';
const STAMP_LENGTH = 11;
/** A cut `"seq":` at the end of a chunk is at most this long. */
const CUT = SEQ.length - 1;

/**
 * Finds stamps as `StampScanner` does, and with each the seq of the event that holds it: slower, but it knows at every
 * moment behind which event the reader stands, wherever chunks are cut. A seq counts only when its stamp has come.
 */
export class PlaceScanner {
  readonly #found: (number: number, seq: string) => void;
  #rest = "";

  constructor(found: (number: number, seq: string) => void) {
    this.#found = found;
  }

  scan(bytes: Buffer): void {
    const text = this.#rest + bytes.toString("latin1");
    let done = 0;
    for (let stamp = text.indexOf("#"); stamp >= 0; stamp = text.indexOf("#", stamp + 1)) {
      if (stamp + STAMP_LENGTH > text.length) break;
      const number = Number(text.slice(stamp + 1, stamp + STAMP_LENGTH));
      const seqAt = text.lastIndexOf(SEQ, stamp);
      // The length byte of a frame may be a # as well.
      if (!Number.isInteger(number) || seqAt < done) continue;
      const from = seqAt + SEQ.length;
      this.#found(number, text.slice(from, text.indexOf(",", from)));
      done = stamp + STAMP_LENGTH;
    }
    const begun = text.lastIndexOf(SEQ);
    this.#rest = begun >= done ? text.slice(begun) : text.slice(Math.max(done, text.length - CUT));
  }
}
