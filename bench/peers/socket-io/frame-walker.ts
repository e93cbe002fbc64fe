import { kindOf, type PacketKind } from "./packets.ts";

const OPCODE = 0x0f;
const TEXT = 1;
const CLOSE = 8;

/** Walks over a server's frames, wherever they are cut, and looks only at how the packet in each begins. */
export class PacketFrameWalker {
  readonly #packet: (kind: PacketKind) => void;
  #header: number[] = [];
  #left = 0;
  #begin: number[] = [];

  constructor(packet: (kind: PacketKind) => void) {
    this.#packet = packet;
  }

  walk(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) {
        this.#header.push(bytes[at] ?? 0);
        at += 1;
        this.#readHeader();
      } else {
        at += this.#readPayload(bytes, at);
      }
    }
  }

  #readHeader(): void {
    const [, length, ...extended] = this.#header;
    if (length === undefined) return;
    const wanted = length === 126 ? 2 : length === 127 ? 8 : 0;
    if (extended.length < wanted) return;
    this.#left = wanted === 0 ? length : extended.reduce((sum, byte) => sum * 256 + byte, 0);
    if (this.#left === 0) this.#finish();
  }

  /** Takes what `bytes` has of the payload; answers how many bytes that was. */
  #readPayload(bytes: Uint8Array, from: number): number {
    const step = Math.min(this.#left, bytes.length - from);
    for (let at = from; at < from + step && this.#begin.length < 2; at += 1) this.#begin.push(bytes[at] ?? 0);
    this.#left -= step;
    if (this.#left === 0) this.#finish();
    return step;
  }

  #finish(): void {
    const opcode = (this.#header[0] ?? 0) & OPCODE;
    const [first, second] = this.#begin;
    this.#header = [];
    this.#begin = [];
    if (opcode === CLOSE) this.#packet("closed");
    if (opcode === TEXT) this.#packet(kindOf(first, second));
  }
}
