import { hex, utf8 } from "./bytes.ts";
import { eventSays, said } from "./json.ts";
import { Parts } from "./parts.ts";
import type { Field, Part } from "./span.ts";

/** The head of a WebSocket frame (RFC 6455, section 5.2). */
export interface FrameHead {
  readonly fin: boolean;
  /** RSV1, RSV2 and RSV3 as a number from 0 to 7. */
  readonly rsv: number;
  readonly opcode: number;
  readonly mask: Uint8Array | null;
  /** Bytes of payload that the head announces. Beyond 2^53 it is not exact. */
  readonly length: number;
  /** Bytes of the head itself. */
  readonly headBytes: number;
}

const SOURCE = { source: "RFC 6455, section 5.2" };

const OPCODES: ReadonlyMap<number, string> = new Map([
  [0, "continuation"],
  [1, "text"],
  [2, "binary"],
  [8, "close"],
  [9, "ping"],
  [10, "pong"],
]);

/** The name of an opcode. */
export function opcodeName(opcode: number): string {
  return OPCODES.get(opcode) ?? `reserved ${opcode}`;
}

/** Bytes of the head of the frame that begins with these two. */
export function headBytesOf(second: number): number {
  const short = second & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4);
}

/** Reads the head of a frame; null while `bytes` does not hold the whole of it. */
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

/** Masks or unmasks: the same thing (RFC 6455, section 5.3). */
export function xor(payload: Uint8Array, mask: Uint8Array | null): Uint8Array {
  return mask === null ? payload : payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
}

/** The parts of a frame's head. */
export function frameHeadParts(bytes: Uint8Array, head: FrameHead, fromClient: boolean): readonly Part[] {
  const parts = new Parts();
  const { fin, rsv, opcode, mask, length } = head;
  const control = opcode >= 8;
  parts.add(1, `FIN, RSV, opcode ${opcodeName(opcode)}`, "control", firstSays(fin, opcode), {
    ...SOURCE,
    fields: [
      {
        name: "FIN",
        value: fin ? "1" : "0",
        explanation: fin ? "This frame ends the message." : "More frames of this message follow.",
      },
      { name: "RSV1–3", value: rsv.toString(2).padStart(3, "0"), explanation: rsvSays(rsv) },
      {
        name: "opcode",
        value: `${opcode} (${opcodeName(opcode)})`,
        explanation: control ? "A control frame: at most 125 bytes, never in pieces." : "What the payload is.",
      },
    ],
  });
  const short = (bytes[1] ?? 0) & 0x7f;
  parts.add(1, "mask bit, length", "framing", lengthSays(short, length), {
    ...SOURCE,
    fields: secondFields(short, mask !== null, fromClient),
  });
  const long = short === 126 ? 2 : short === 127 ? 8 : 0;
  parts.add(long, `length in ${long * 8} bits`, "framing", "The payload's length, because seven bits do not hold it.", {
    ...SOURCE,
    fields: [{ name: "length", value: exactLength(bytes, long) }, ...shortestForm(short, length)],
  });
  if (mask !== null) {
    parts.add(
      4,
      "masking key",
      "security",
      "Four bytes by chance, XORed over the payload. So no script can make a browser send bytes that an old proxy takes for HTTP. It hides nothing: the key stands beside the lock.",
      {
        source: "RFC 6455, section 10.3",
        fields: [{ name: "key", value: hex(mask) }],
      },
    );
  }
  return parts.list;
}

/** The parts of a frame's payload, as it is on the wire, and what type its JSON is. */
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
      "Compressed by permessage-deflate: to be read it has to be inflated, with what came before it as the dictionary.",
      { source: "RFC 7692, section 7.2", fields: masked },
    );
    return { parts: parts.list, type: null };
  }
  if (opcode === 8) return { parts: closeParts(parts, plain), type: null };
  const text: Field = { name: mask === null ? "text" : "unmasked", value: utf8(plain.subarray(0, 4_000)) };
  if (opcode === 9 || opcode === 10) {
    parts.add(
      bytes.length,
      `${opcodeName(opcode)}'s payload`,
      "liveness",
      "Any bytes; the pong has to repeat the ping's.",
      { source: "RFC 6455, sections 5.5.2 and 5.5.3", fields: [text, ...masked] },
    );
    return { parts: parts.list, type: null };
  }
  const { type, purpose, fields } =
    opcode === 1 ? said(plain) : { type: null, purpose: "payload" as const, fields: [] };
  parts.add(
    bytes.length,
    type === null ? "payload" : `payload: ${type}`,
    purpose,
    type === null ? "What the frame carries." : eventSays(type),
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
      "A close frame holds no byte, or at least the two of its code.",
      { source: "RFC 6455, section 5.5.1" },
    ).list;
  const code = high * 256 + low;
  parts.add(Math.min(2, plain.length), `close code ${code}`, "control", closeSays(code), {
    source: "RFC 6455, section 7.4",
    fields: [{ name: "code", value: String(code) }],
  });
  parts.add(plain.length - 2, "reason", "information", "Why, in words, for people who look.", {
    source: "RFC 6455, section 7.1.6",
    fields: [{ name: "reason", value: utf8(plain.subarray(2)) }],
  });
  return parts.list;
}

function firstSays(fin: boolean, opcode: number): string {
  const what = opcode === 0 ? "It goes on with the message before it." : `It is a ${opcodeName(opcode)} frame.`;
  return `${fin ? "A frame that ends its message." : "A frame whose message goes on in the next one."} ${what}`;
}

function rsvSays(rsv: number): string {
  if (rsv === 0) return "No extension has a say in this frame.";
  return (rsv & 4) !== 0
    ? "RSV1: the message is compressed (RFC 7692, section 6)."
    : "Kept for extensions; without one, the receiver has to end the connection.";
}

function lengthSays(short: number, length: number): string {
  if (short < 126) return `${length} bytes of payload follow: up to 125 the length stands in these seven bits.`;
  return short === 126
    ? "126 says: the length stands in the next two bytes."
    : "127 says: the length stands in the next eight bytes.";
}

function secondFields(short: number, masked: boolean, fromClient: boolean): readonly Field[] {
  const right = masked === fromClient;
  const who = fromClient ? "A client has to mask every frame" : "A server must not mask";
  return [
    {
      name: "MASK",
      value: masked ? "1" : "0",
      explanation: right
        ? `${who}.`
        : `${who}: the other end has to close the connection with 1002 (RFC 6455, section 5.1).`,
    },
    {
      name: "length",
      value: String(short),
      explanation: short < 126 ? "The length itself." : `The length follows in ${short === 126 ? 2 : 8} bytes.`,
    },
  ];
}

function exactLength(bytes: Uint8Array, long: number): string {
  return long === 0 ? "" : BigInt(`0x${hex(bytes.subarray(2, 2 + long), "")}`).toLocaleString("en");
}

function shortestForm(short: number, length: number): readonly Field[] {
  const shortest = short === 126 ? length >= 126 : length >= 65_536;
  return shortest
    ? []
    : [{ name: "not the shortest form", value: "a length has to be told in as few bytes as it takes" }];
}

function closeSays(code: number): string {
  const known = CLOSES.get(code);
  if (known !== undefined) return known;
  if (code >= 4400 && code < 4600)
    return "One of Skyrocket's own: the HTTP status of the same trouble, with 4000 added (PROTOCOL.md, section 9).";
  return code >= 4000 ? "A code the application has chosen." : "Why the connection ends.";
}

const CLOSES: ReadonlyMap<number, string> = new Map([
  [1000, "In good order: there is nothing more to say."],
  [1001, "This end goes away: a page that is left, a server that shuts down."],
  [1002, "The other end has broken the protocol."],
  [1003, "This kind of data is not taken here."],
  [1007, "Text that is no UTF-8."],
  [1008, "Against the rules of this end."],
  [1009, "The message is too large."],
  [1011, "The server has failed."],
]);
