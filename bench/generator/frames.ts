/**
 * The load generator's WebSocket frames (RFC 6455, 5.2). The lab has a decoder of its own; this reader is separate
 * because it is the measuring instrument: it must cost as little as possible.
 */
import { randomBytes } from "node:crypto";

const FINAL = 0x80;
const MASK = 0x80;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** These lengths mean that the length follows, in 2 or 8 bytes. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Returns a masked text frame, as a client sends it. */
export function textFrame(text: string): Buffer {
  return clientFrame(TEXT, Buffer.from(text));
}

/** Returns an unmasked text frame, as a server sends it: header and payload in one buffer. */
export function serverTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = [FINAL | TEXT, ...lengthField(length)];
  const frame = Buffer.allocUnsafe(header.length + length);
  frame.set(header);
  frame.write(text, header.length);
  return frame;
}

function clientFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  const [first = 0, ...more] = lengthField(payload.length);
  return Buffer.concat([Buffer.from([FINAL | opcode, MASK | first, ...more]), mask, masked]);
}

function lengthField(length: number): readonly number[] {
  if (length < LENGTH_16) return [length];
  if (length < 65_536) return [LENGTH_16, length >> 8, length & 0xff];
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(length));
  return [LENGTH_64, ...size];
}

/** Value of a field of `FrameWalker` that has not been read. */
const NONE = -1;

/**
 * Walks over a server's frames, cut anywhere, and calls back at the end of each with its opcode and the first two bytes
 * of its payload (NONE where it has fewer). It does not look at the rest of a payload, which keeps it cheap.
 */
class FrameWalker {
  readonly #frame: (opcode: number, first: number, second: number) => void;
  #opcode = NONE;
  #length = NONE;
  /** Bytes of the length that are still to come; NONE before its first byte. */
  #lengthBytes = NONE;
  /** Bytes of the payload that are still to come. */
  #left = 0;
  #first = NONE;
  #second = NONE;

  constructor(frame: (opcode: number, first: number, second: number) => void) {
    this.#frame = frame;
  }

  walk(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#lengthBytes === 0) {
        at = this.#skipPayload(bytes, at);
      } else {
        this.#readHeader(bytes[at] ?? 0);
        at += 1;
      }
    }
  }

  #readHeader(byte: number): void {
    if (this.#opcode === NONE) {
      this.#opcode = byte & 0x0f;
      return;
    }
    if (this.#lengthBytes === NONE) {
      this.#lengthBytes = byte === LENGTH_16 ? 2 : byte === LENGTH_64 ? 8 : 0;
      this.#length = this.#lengthBytes === 0 ? byte : 0;
    } else {
      this.#lengthBytes -= 1;
      this.#length = this.#length * 256 + byte;
    }
    if (this.#lengthBytes > 0) return;
    this.#left = this.#length;
    if (this.#left === 0) this.#endFrame();
  }

  /** Returns where the payload, or the chunk, ends. */
  #skipPayload(bytes: Uint8Array, from: number): number {
    const step = Math.min(this.#left, bytes.length - from);
    const read = this.#length - this.#left;
    if (read === 0) this.#first = bytes[from] ?? NONE;
    if (read < 2 && read + step > 1) this.#second = bytes[from + 1 - read] ?? NONE;
    this.#left -= step;
    if (this.#left === 0) this.#endFrame();
    return from + step;
  }

  #endFrame(): void {
    const opcode = this.#opcode;
    const first = this.#first;
    const second = this.#second;
    this.#opcode = NONE;
    this.#lengthBytes = NONE;
    this.#first = NONE;
    this.#second = NONE;
    this.#frame(opcode, first, second);
  }
}

interface ControlEvents {
  /** Sends a frame to the server. */
  send(frame: Buffer): void;
  /** The server sent a close frame. */
  closed(): void;
  /** The server sent a text frame that starts with these bytes. */
  text?(first: number, second: number): void;
}

/** Returns a walker that answers pings, as every client must. An empty pong is enough for every server. */
export function walkControlFrames({ send, closed, text }: ControlEvents): FrameWalker {
  return new FrameWalker((opcode, first, second) => {
    if (opcode === PING) send(clientFrame(PONG, Buffer.alloc(0)));
    if (opcode === CLOSE) closed();
    if (opcode === TEXT) text?.(first, second);
  });
}
