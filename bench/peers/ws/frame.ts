const FINAL_TEXT = 0x81;

/** One whole text frame as a server sends it: not masked, header and payload in one buffer. */
export function serverTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = headerOf(length);
  const frame = Buffer.allocUnsafe(header.length + length);
  frame.set(header);
  frame.write(text, header.length);
  return frame;
}

function headerOf(length: number): readonly number[] {
  if (length < 126) return [FINAL_TEXT, length];
  if (length < 65_536) return [FINAL_TEXT, 126, length >> 8, length & 0xff];
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(length));
  return [FINAL_TEXT, 127, ...size];
}
