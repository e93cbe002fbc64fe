import { randomBytes } from "node:crypto";

const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
const TEXT = 0x81;
const MASK = 0x80;

/** A masked frame as a client sends it (RFC 6455, 5.2), of at most 65,535 bytes. */
function clientFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.from([opcode]), lengthField(payload.length), mask, masked]);
}

function lengthField(length: number): Buffer {
  if (length <= 125) return Buffer.from([MASK | length]);
  if (length > 65_535) throw new RangeError("the bench sends frames of at most 65,535 bytes");
  return Buffer.from([MASK | 126, length >> 8, length & 0xff]);
}

export function textFrame(text: string): Buffer {
  return clientFrame(TEXT, Buffer.from(text));
}

/**
 * Walks over a server's frames without looking into them, to answer its pings. The header of a frame may be cut
 * anywhere; of a ping or close frame only the opcode matters: it is answered with an empty pong, which every server takes.
 */
export class FrameWalker {
  readonly #send: (frame: Buffer) => void;
  readonly #closed: () => void;
  #header: number[] = [];
  #skip = 0;

  constructor(send: (frame: Buffer) => void, closed: () => void) {
    this.#send = send;
    this.#closed = closed;
  }

  walk(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const step = Math.min(this.#skip, bytes.length - at);
      this.#skip -= step;
      at += step;
      if (at >= bytes.length) return;
      this.#header.push(bytes[at] ?? 0);
      at += 1;
      this.#readHeader();
    }
  }

  #readHeader(): void {
    const [opcode, length, ...extended] = this.#header;
    if (opcode === undefined || length === undefined) return;
    const wanted = length === 126 ? 2 : length === 127 ? 8 : 0;
    if (extended.length < wanted) return;
    this.#skip = wanted === 0 ? length : extended.reduce((sum, byte) => sum * 256 + byte, 0);
    this.#header = [];
    if (opcode === PING) this.#send(clientFrame(PONG, Buffer.alloc(0)));
    if (opcode === CLOSE) this.#closed();
  }
}
