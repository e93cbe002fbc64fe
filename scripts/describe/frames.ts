/** One unfragmented WebSocket frame, apart. */
export interface Frame {
  /** The bytes before the payload, mask included. */
  readonly head: Buffer;
  readonly payload: string;
}

/** Takes the first whole frame off `bytes`; null while it is not all there. */
export function firstFrame(bytes: Buffer): Frame | null {
  const second = bytes[1];
  if (second === undefined) return null;
  const mask = second >= 0x80 ? 4 : 0;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headLength = 2 + extended + mask;
  if (bytes.length < headLength) return null;
  const length = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < headLength + length) return null;
  return { head: bytes.subarray(0, headLength), payload: bytes.subarray(headLength, headLength + length).toString() };
}

/** A frame as PROTOCOL.md writes it: the head in hexadecimal, then the payload. */
export function spellFrame({ head, payload }: Frame): string {
  return `${[...head].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")} ${payload}`;
}

/** The bytes of a frame as PROTOCOL.md writes it. */
export function frameBytes(spelled: string): Buffer {
  const start = spelled.indexOf("{");
  const head = Buffer.from(spelled.slice(0, start).replaceAll(" ", ""), "hex");
  return Buffer.concat([head, Buffer.from(spelled.slice(start))]);
}

/** A client's text frame, masked with zeros: a mask has the same four bytes whatever they are. */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 125) throw new RangeError(`a payload of ${payload.length} bytes needs another length field`);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
