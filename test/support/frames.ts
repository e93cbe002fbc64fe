export interface WsFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** RFC 6455, section 5.2, as a client has to read it: strict, so that a server's sloppiness is a failure and not a habit. */
export class FrameDecoder {
  #rest = Buffer.alloc(0);

  /** The frames that are whole by now. Throws at what a server must not send. */
  feed(bytes: Buffer): WsFrame[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: WsFrame[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame);
    return frames;
  }

  /** Bytes of a frame that is not whole yet. */
  get pending(): number {
    return this.#rest.length;
  }

  #next(): WsFrame | null {
    const [first, second] = this.#rest;
    if (first === undefined || second === undefined) return null;
    if ((first & 0x70) !== 0) throw new Error("a reserved bit is set though no extension was agreed on");
    if ((first & 0x80) === 0) throw new Error("the server has fragmented a message");
    if ((second & 0x80) !== 0) throw new Error("the server has masked a frame");
    const short = second & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (this.#rest.length < head) return null;
    const length =
      head === 4 ? this.#rest.readUInt16BE(2) : head === 10 ? Number(this.#rest.readBigUInt64BE(2)) : short;
    if ((head === 4 && length < 126) || (head === 10 && length < 65_536))
      throw new Error("the length is not in its shortest form");
    if (this.#rest.length < head + length) return null;
    const payload = this.#rest.subarray(head, head + length);
    this.#rest = this.#rest.subarray(head + length);
    return { opcode: first & 0x0f, payload };
  }
}

/** A client's frame: masked, as it must be, and wrong in whatever way is asked for. */
export function clientFrame(payload: Buffer, { opcode = 1, fin = true, masked = true, rsv = 0 } = {}): Buffer {
  const { length } = payload;
  const bit = masked ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const head =
    length < 126
      ? Buffer.from([first, bit | length])
      : length < 65_536
        ? Buffer.from([first, bit | 126, length >> 8, length & 0xff])
        : Buffer.from([
            first,
            bit | 127,
            0,
            0,
            0,
            0,
            length >>> 24,
            (length >> 16) & 0xff,
            (length >> 8) & 0xff,
            length & 0xff,
          ]);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}
