import { encodeFrame, readFrameHead } from "../../lab/engine/decoder/ws-frame.ts";

export interface WsFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Decodes a server's frames (RFC 6455, section 5.2). Strict: it throws where a lenient client would not notice a fault. */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** Returns the frames that are complete now. Throws if a server must not send them. */
  feed(bytes: Buffer): WsFrame[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: WsFrame[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame);
    return frames;
  }

  /** Bytes of an incomplete frame. */
  get pending(): number {
    return this.#rest.length;
  }

  #next(): WsFrame | null {
    const head = readFrameHead(this.#rest);
    if (head === null) return null;
    const { fin, rsv, opcode, mask, length, headBytes } = head;
    if (rsv !== 0) throw new Error("a reserved bit is set though no extension was agreed on");
    if (!fin) throw new Error("the server has fragmented a message");
    if (mask !== null) throw new Error("the server has masked a frame");
    if ((headBytes === 4 && length < 126) || (headBytes === 10 && length < 65_536))
      throw new Error("the length is not in its shortest form");
    if (this.#rest.length < headBytes + length) return null;
    const payload = this.#rest.subarray(headBytes, headBytes + length);
    this.#rest = this.#rest.subarray(headBytes + length);
    return { opcode, payload };
  }
}

const MASK = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** Returns a client's frame. It is masked, as it must be, and valid unless asked otherwise. */
export function clientFrame(payload: Buffer, { opcode = 1, fin = true, masked = true, rsv = 0 } = {}): Buffer {
  return Buffer.from(encodeFrame({ fin, rsv, opcode, mask: masked ? MASK : null, payload }));
}
