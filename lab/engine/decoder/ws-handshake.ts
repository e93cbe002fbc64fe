/** The opening handshake of WebSocket: how Sec-WebSocket-Accept is derived from Sec-WebSocket-Key (RFC 6455, section 4.2.2). */
import { hex, toBase64 } from "./bytes.ts";

/** The text every WebSocket server appends to the key (RFC 6455, section 1.3). */
export const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Returns the Sec-WebSocket-Accept that answers `key`. */
export function acceptOf(key: string): string {
  return toBase64(sha1(new TextEncoder().encode(key.trim() + WEBSOCKET_GUID)));
}

/** One step from Sec-WebSocket-Key to Sec-WebSocket-Accept, shown to people. */
export interface AcceptStep {
  readonly title: string;
  readonly value: string;
  readonly explanation: string;
}

/** Returns the steps from a key to its accept value, each with its result. */
export function acceptSteps(key: string): readonly AcceptStep[] {
  const trimmed = key.trim();
  const digest = sha1(new TextEncoder().encode(trimmed + WEBSOCKET_GUID));
  return [
    {
      title: "Sec-WebSocket-Key",
      value: trimmed,
      explanation: "The client sent it: 16 random bytes in base64. The server uses the text and does not decode it.",
    },
    {
      title: "with the fixed text appended",
      value: trimmed + WEBSOCKET_GUID,
      explanation:
        "The text is the same for every WebSocket and no secret. The accept value proves that the server speaks WebSocket, not who it is.",
    },
    {
      title: "SHA-1 of that",
      value: hex(digest),
      explanation: "20 bytes that no server computes by accident.",
    },
    {
      title: "Sec-WebSocket-Accept",
      value: toBase64(digest),
      explanation:
        "The same 20 bytes in base64. The client computes them too and closes the connection if they differ.",
    },
  ];
}

const BLOCK_BYTES = 64;

/** Returns the SHA-1 of a short message (FIPS 180-4, section 6.1). Web Crypto is asynchronous; the decoder is not. */
export function sha1(message: Uint8Array): Uint8Array {
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const words = new Uint32Array(80);
  const padded = pad(message);
  for (let from = 0; from < padded.length; from += BLOCK_BYTES) {
    addBlock(state, words, new DataView(padded.buffer, from));
  }
  const digest = new DataView(new ArrayBuffer(20));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word);
  return new Uint8Array(digest.buffer);
}

/** Appends a one bit, zeros and the length in bits, up to whole blocks. */
function pad(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  return padded;
}

function addBlock(state: Uint32Array, words: Uint32Array, block: DataView): void {
  for (let at = 0; at < 16; at += 1) words[at] = block.getUint32(at * 4);
  for (let at = 16; at < 80; at += 1) {
    words[at] = rotate(word(words, at - 3) ^ word(words, at - 8) ^ word(words, at - 14) ^ word(words, at - 16), 1);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let at = 0; at < 80; at += 1) {
    const next = rotate(a, 5) + mix(at, b, c, d) + e + word(words, at);
    [a, b, c, d, e] = [next >>> 0, a, rotate(b, 30), c, d];
  }
  for (const [index, value] of [a, b, c, d, e].entries()) state[index] = word(state, index) + value;
}

/** Returns the function value plus constant of a round (FIPS 180-4, sections 4.1.1 and 4.2.1). */
function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) ^ (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function rotate(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0;
}

function word(words: Uint32Array, at: number): number {
  return words[at] ?? 0;
}
