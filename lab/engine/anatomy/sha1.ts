const BLOCK = 64;

/** SHA-1 (FIPS 180-4, section 6.1) of a short text. The handshake needs it at once, where Web Crypto would answer later. */
export function sha1(message: Uint8Array): Uint8Array {
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const words = new Uint32Array(80);
  const padded = pad(message);
  for (let from = 0; from < padded.length; from += BLOCK) addBlock(state, words, new DataView(padded.buffer, from));
  const digest = new DataView(new ArrayBuffer(20));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word);
  return new Uint8Array(digest.buffer);
}

/** The message, one bit, zeros, and the length in bits, to whole blocks. */
function pad(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK) * BLOCK);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  return padded;
}

function addBlock(state: Uint32Array, words: Uint32Array, block: DataView): void {
  for (let at = 0; at < 16; at += 1) words[at] = block.getUint32(at * 4);
  for (let at = 16; at < 80; at += 1) {
    words[at] = turn(word(words, at - 3) ^ word(words, at - 8) ^ word(words, at - 14) ^ word(words, at - 16), 1);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let at = 0; at < 80; at += 1) {
    const next = turn(a, 5) + mix(at, b, c, d) + e + word(words, at);
    [a, b, c, d, e] = [next >>> 0, a, turn(b, 30), c, d];
  }
  for (const [index, value] of [a, b, c, d, e].entries()) state[index] = word(state, index) + value;
}

/** The function and constant of a round (FIPS 180-4, sections 4.1.1 and 4.2.1). */
function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) ^ (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function turn(value: number, by: number): number {
  return ((value << by) | (value >>> (32 - by))) >>> 0;
}

function word(words: Uint32Array, at: number): number {
  return words[at] ?? 0;
}
