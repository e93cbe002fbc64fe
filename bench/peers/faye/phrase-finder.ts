/** Finds a phrase in a stream of chunks, wherever they are cut. Costs one search per chunk, and a copy only where a chunk ends like the phrase begins. */
export class PhraseFinder {
  readonly #phrase: Buffer;
  readonly #first: number;
  /** The end of the last chunk, where the phrase may have begun; shorter than the phrase. */
  #begun: Buffer | null = null;

  constructor(phrase: string) {
    this.#phrase = Buffer.from(phrase);
    this.#first = this.#phrase.readUInt8(0);
  }

  /** Whether the phrase ends in this chunk. */
  endsIn(bytes: Buffer): boolean {
    const seen = this.#begun === null ? bytes : Buffer.concat([this.#begun, bytes]);
    const begun = seen.indexOf(this.#first, Math.max(0, seen.length - this.#phrase.length + 1));
    this.#begun = begun < 0 ? null : Buffer.from(seen.subarray(begun));
    return seen.includes(this.#phrase);
  }
}
