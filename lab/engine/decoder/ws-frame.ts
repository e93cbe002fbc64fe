import { concat, hex, utf8 } from "./bytes.ts";
import { describeType, readProtocolJson } from "./json.ts";
import { type Field, type Part, Parts } from "./spans.ts";

/** The head of a WebSocket frame (RFC 6455, section 5.2). */
export interface FrameHead {
  readonly fin: boolean;
  /** RSV1, RSV2 and RSV3 as a number from 0 to 7. */
  readonly rsv: number;
  readonly opcode: number;
  readonly mask: Uint8Array | null;
  /** Bytes of payload. Inexact above 2^53. */
  readonly length: number;
  /** Bytes of the head itself. */
  readonly headBytes: number;
}

const OPCODES: ReadonlyMap<number, string> = new Map([
  [0, "continuation"],
  [1, "text"],
  [2, "binary"],
  [8, "close"],
  [9, "ping"],
  [10, "pong"],
]);

/** Returns the name of an opcode. */
export function opcodeName(opcode: number): string {
  return OPCODES.get(opcode) ?? `reserved ${opcode}`;
}

/** Computes the length of a frame's head from its second byte. */
export function headBytesOf(second: number): number {
  const short = second & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4);
}

/** Reads the head of a frame. Returns null if `bytes` do not contain all of it. */
export function readFrameHead(bytes: Uint8Array): FrameHead | null {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return null;
  const headBytes = headBytesOf(second);
  if (bytes.length < headBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
  const short = second & 0x7f;
  const length = short === 126 ? view.getUint16(2) : short === 127 ? Number(view.getBigUint64(2)) : short;
  return {
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 7,
    opcode: first & 0x0f,
    mask: (second & 0x80) === 0 ? null : bytes.slice(headBytes - 4, headBytes),
    length,
    headBytes,
  };
}

/** Masks or unmasks a payload: both are the same operation (RFC 6455, section 5.3). */
export function xor(payload: Uint8Array, mask: Uint8Array | null): Uint8Array {
  return mask === null ? payload : payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
}

/** The contents of a frame to encode. */
export interface FrameContents {
  readonly fin: boolean;
  /** RSV1 to RSV3 as a number from 0 to 7. */
  readonly rsv: number;
  /** 0 to 15. */
  readonly opcode: number;
  /** Four bytes; null for an unmasked frame. */
  readonly mask: Uint8Array | null;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

/** Encodes a frame, with its length in the shortest form (RFC 6455, section 5.2). */
export function encodeFrame({ fin, rsv, opcode, mask, payload }: FrameContents): Uint8Array {
  const first = (fin ? 0x80 : 0) | ((rsv & 7) << 4) | (opcode & 0x0f);
  const maskBit = mask === null ? 0 : 0x80;
  const length = lengthField(maskBit, payload.length);
  return concat([Uint8Array.of(first), length, mask ?? new Uint8Array(0), xor(payload, mask)]);
}

function lengthField(maskBit: number, length: number): Uint8Array {
  if (length < 126) return Uint8Array.of(maskBit | length);
  if (length < 65_536) return Uint8Array.of(maskBit | 126, length >> 8, length & 0xff);
  const field = new Uint8Array(9);
  field[0] = maskBit | 127;
  new DataView(field.buffer).setBigUint64(1, BigInt(length));
  return field;
}

const SOURCE = { source: "RFC 6455, section 5.2" };

/** Explains a frame's head. */
export function frameHeadParts(bytes: Uint8Array, head: FrameHead, fromClient: boolean): readonly Part[] {
  const parts = new Parts();
  const { fin, rsv, opcode, mask, length } = head;
  const control = opcode >= 8;
  parts.add(1, `FIN, RSV, opcode ${opcodeName(opcode)}`, "control", describeFirstByte(fin, opcode), {
    ...SOURCE,
    fields: [
      {
        name: "FIN",
        value: fin ? "1" : "0",
        explanation: fin ? "This frame ends the message." : "More frames of this message follow.",
      },
      { name: "RSV1–3", value: rsv.toString(2).padStart(3, "0"), explanation: describeRsv(rsv) },
      {
        name: "opcode",
        value: `${opcode} (${opcodeName(opcode)})`,
        explanation: control ? "A control frame: at most 125 bytes, never fragmented." : "The type of the payload.",
      },
    ],
  });
  const short = (bytes[1] ?? 0) & 0x7f;
  parts.add(1, "mask bit, length", "framing", describeLength(short, length), {
    ...SOURCE,
    fields: secondByteFields(short, mask !== null, fromClient),
  });
  const long = short === 126 ? 2 : short === 127 ? 8 : 0;
  parts.add(
    long,
    `length in ${long * 8} bits`,
    "framing",
    "The payload's length, which does not fit into seven bits.",
    {
      ...SOURCE,
      fields: [{ name: "length", value: exactLength(bytes, long) }, ...shortestFormFields(short, length)],
    },
  );
  if (mask !== null) {
    parts.add(
      4,
      "masking key",
      "security",
      "Four random bytes, XORed over the payload. They keep scripts from making a browser send bytes that an old proxy mistakes for HTTP. They hide nothing: the key is next to the payload.",
      {
        source: "RFC 6455, section 10.3",
        fields: [{ name: "key", value: hex(mask) }],
      },
    );
  }
  return parts.list;
}

/** Explains a frame's payload, as it is on the wire. `type` is that of its JSON, or null. */
export function framePayloadParts(
  bytes: Uint8Array,
  head: FrameHead,
): { readonly parts: readonly Part[]; readonly type: string | null } {
  const parts = new Parts();
  const { opcode, mask, rsv } = head;
  const plain = xor(bytes, mask);
  const masked: readonly Field[] =
    mask === null
      ? []
      : [{ name: "on the wire, masked", value: hex(bytes.subarray(0, 64)) + (bytes.length > 64 ? " …" : "") }];
  if ((rsv & 4) !== 0) {
    parts.add(
      bytes.length,
      "compressed payload",
      "payload",
      "Compressed with permessage-deflate. It can be read only after inflating, with earlier messages as the dictionary.",
      { source: "RFC 7692, section 7.2", fields: masked },
    );
    return { parts: parts.list, type: null };
  }
  if (opcode === 8) return { parts: closeParts(parts, plain), type: null };
  const text: Field = { name: mask === null ? "text" : "unmasked", value: utf8(plain.subarray(0, 4_000)) };
  if (opcode === 9 || opcode === 10) {
    parts.add(
      bytes.length,
      `${opcodeName(opcode)} payload`,
      "liveness",
      "Arbitrary bytes. A pong must repeat the bytes of its ping.",
      { source: "RFC 6455, sections 5.5.2 and 5.5.3", fields: [text, ...masked] },
    );
    return { parts: parts.list, type: null };
  }
  const { type, purpose, fields } =
    opcode === 1 ? readProtocolJson(plain) : { type: null, purpose: "payload" as const, fields: [] };
  parts.add(
    bytes.length,
    type === null ? "payload" : `payload: ${type}`,
    purpose,
    type === null ? "The frame's data." : describeType(type),
    { source: "RFC 6455, section 5.6", fields: [text, ...masked, ...fields] },
  );
  return { parts: parts.list, type };
}

function closeParts(parts: Parts, plain: Uint8Array): readonly Part[] {
  const [high = 0, low = 0] = plain;
  if (plain.length === 1)
    return parts.add(
      1,
      "half a close code",
      "unknown",
      "A close frame is empty, or begins with a close code of two bytes.",
      { source: "RFC 6455, section 5.5.1" },
    ).list;
  const code = high * 256 + low;
  parts.add(Math.min(2, plain.length), `close code ${code}`, "control", describeCloseCode(code), {
    source: "RFC 6455, section 7.4",
    fields: [{ name: "code", value: String(code) }],
  });
  parts.add(plain.length - 2, "reason", "information", "The reason in words, for debugging.", {
    source: "RFC 6455, section 7.1.6",
    fields: [{ name: "reason", value: utf8(plain.subarray(2)) }],
  });
  return parts.list;
}

function describeFirstByte(fin: boolean, opcode: number): string {
  const what =
    opcode === 0 ? "It continues the message of the frames before it." : `It is a ${opcodeName(opcode)} frame.`;
  return `${fin ? "This frame ends its message." : "The message continues in the next frame."} ${what}`;
}

function describeRsv(rsv: number): string {
  if (rsv === 0) return "No extension is used in this frame.";
  return (rsv & 4) !== 0
    ? "RSV1: the message is compressed (RFC 7692, section 6)."
    : "Reserved for extensions. Without one, the receiver must close the connection.";
}

function describeLength(short: number, length: number): string {
  if (short < 126) return `${length} bytes of payload follow. Up to 125, the length fits into these seven bits.`;
  return short === 126 ? "126: the length is in the next two bytes." : "127: the length is in the next eight bytes.";
}

function secondByteFields(short: number, masked: boolean, fromClient: boolean): readonly Field[] {
  const rule = fromClient ? "A client must mask every frame" : "A server must not mask";
  return [
    {
      name: "MASK",
      value: masked ? "1" : "0",
      explanation:
        masked === fromClient
          ? `${rule}.`
          : `${rule}: the other end must close the connection with 1002 (RFC 6455, section 5.1).`,
    },
    {
      name: "length",
      value: String(short),
      explanation: short < 126 ? "The length itself." : `The length is in the next ${short === 126 ? 2 : 8} bytes.`,
    },
  ];
}

function exactLength(bytes: Uint8Array, long: number): string {
  return long === 0 ? "" : BigInt(`0x${hex(bytes.subarray(2, 2 + long), "")}`).toLocaleString("en");
}

function shortestFormFields(short: number, length: number): readonly Field[] {
  const shortest = short === 126 ? length >= 126 : length >= 65_536;
  return shortest ? [] : [{ name: "not the shortest form", value: "a length must use as few bytes as possible" }];
}

function describeCloseCode(code: number): string {
  const known = CLOSE_CODES.get(code);
  if (known !== undefined) return known;
  if (code >= 4400 && code < 4600) return "A code of Skyrocket for one of its errors (PROTOCOL.md, section 9).";
  return code >= 4000 ? "A code of the application." : "Why the connection ends.";
}

const CLOSE_CODES: ReadonlyMap<number, string> = new Map([
  [1000, "Normal closure."],
  [1001, "This end is going away: the page was left, or the server is shutting down."],
  [1002, "The other end violated the protocol."],
  [1003, "This end does not accept this type of data."],
  [1007, "The text is not valid UTF-8."],
  [1008, "The message violates this end's policy."],
  [1009, "The message is too large."],
  [1011, "The server failed."],
]);
