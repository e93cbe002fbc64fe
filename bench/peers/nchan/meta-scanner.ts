/** An id line (of SSE, or of the subprotocol ws+meta.nchan) or a stamp. */
const TOKEN = /id: (\d+:\d+)\n|#(\d{10})/g;
/** Longer than any token: as much as a cut one can have of itself at the end of a chunk. */
const KEPT = 64;

/**
 * Finds stamps and the ids of their messages, wherever the chunks are cut: the place moves on only once the stamp of a
 * message has come, so that a reader cut in between gets this message again, and no other. Costs a string per chunk.
 */
export class MetaScanner {
  readonly #found: (number: number, id: string) => void;
  #id = "";
  #rest = "";

  constructor(found: (number: number, id: string) => void) {
    this.#found = found;
  }

  scan(bytes: Buffer): void {
    const text = this.#rest + bytes.toString("latin1");
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      const [token, id, stamp] = match;
      end = match.index + token.length;
      if (id !== undefined) this.#id = id;
      if (stamp !== undefined) this.#found(Number(stamp), this.#id);
    }
    this.#rest = text.slice(Math.max(end, text.length - KEPT));
  }
}
