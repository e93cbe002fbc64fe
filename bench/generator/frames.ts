import { randomBytes } from "node:crypto";

const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
const TEXT = 0x81;
const MASK = 0x80;
/** Lengths that mean: the length follows, in 2 or 8 bytes. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** No opcode has come. */
const NONE = -1;

/** A masked frame as a client sends it (RFC 6455, 5.2). */
function clientFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.from([opcode]), lengthField(payload.length), mask, masked]);
}

function lengthField(length: number): Buffer {
  if (length <= 125) return Buffer.from([MASK | length]);
  if (length <= 65_535) return Buffer.from([MASK | LENGTH_16, length >> 8, length & 0xff]);
  const field = Buffer.alloc(9);
  field[0] = MASK | LENGTH_64;
  field.writeBigUInt64BE(BigInt(length), 1);
  return field;
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
  #opcode = NONE;
  #length = 0;
  /** Bytes of the length that are still to come; NONE before its first. */
  #lengthBytes = NONE;
  /** Bytes of the payload that are still to come. */
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
      this.#readHeader(bytes[at] ?? 0);
      at += 1;
    }
  }

  #readHeader(byte: number): void {
    if (this.#opcode === NONE) {
      this.#opcode = byte;
      return;
    }
    if (this.#lengthBytes === NONE) {
      this.#lengthBytes = byte === LENGTH_16 ? 2 : byte === LENGTH_64 ? 8 : 0;
      this.#length = this.#lengthBytes === 0 ? byte : 0;
    } else {
      this.#lengthBytes -= 1;
      this.#length = this.#length * 256 + byte;
    }
    if (this.#lengthBytes === 0) this.#endHeader();
  }

  #endHeader(): void {
    const opcode = this.#opcode;
    this.#skip = this.#length;
    this.#opcode = NONE;
    this.#lengthBytes = NONE;
    if (opcode === PING) this.#send(clientFrame(PONG, Buffer.alloc(0)));
    if (opcode === CLOSE) this.#closed();
  }
}
