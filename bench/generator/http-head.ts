const HEAD_END = "\r\n\r\n";

/** The first answer on a connection that goes over to something else: its status, and what follows its head. */
export interface Head {
  readonly status: number;
  readonly rest: Buffer;
}

/** Collects the head of a response, however it is cut. */
export class HeadReader {
  #kept: Buffer | null = null;

  /** The head once it is whole; null before. */
  read(bytes: Buffer): Head | null {
    const whole = this.#kept === null ? bytes : Buffer.concat([this.#kept, bytes]);
    const end = whole.indexOf(HEAD_END);
    if (end < 0) {
      this.#kept = Buffer.from(whole);
      return null;
    }
    this.#kept = null;
    return { status: statusOf(whole), rest: whole.subarray(end + HEAD_END.length) };
  }
}

/** The status of a response whose first line is at the beginning of `bytes`; NaN if it isn't. */
export function statusOf(bytes: Buffer): number {
  return Number(bytes.toString("latin1", 9, 12));
}
