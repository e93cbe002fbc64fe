import { concat } from "../../../engine/decoder/bytes.ts";
import { encodeFrame, type FrameContents } from "../../../engine/decoder/ws-frame.ts";

/** What a server answers to a frame: the type of a text frame's JSON, a pong, or the code of a close frame. */
export type Expected = "ok" | "pong" | number;

/** Bytes to try, valid or invalid, and what the other end answers. */
interface ReadyMade {
  readonly name: string;
  readonly says: string;
  /** What Skyrocket's server answers, in order; a test sends each one and compares. */
  readonly expects: readonly Expected[];
  make(mask: Uint8Array): Uint8Array;
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const SAY = '{"type":"say","id":"w1","text":"Hello"}';

export const READY_MADE: readonly ReadyMade[] = [
  {
    name: "say Hello",
    says: "A complete message, masked as a client must. Answered by ok.",
    expects: ["ok"],
    make: (mask) => frame({ mask, payload: utf8(SAY) }),
  },
  {
    name: "in two frames, a ping between",
    says: "A control frame may come between the frames of a message. Answered by a pong, then ok.",
    expects: ["pong", "ok"],
    make: (mask) =>
      concat([
        frame({ mask, fin: false, payload: utf8(SAY.slice(0, 20)) }),
        frame({ mask, opcode: PING, payload: utf8("?") }),
        frame({ mask, opcode: 0, payload: utf8(SAY.slice(20)) }),
      ]),
  },
  {
    name: "ping",
    says: "Answered by a pong with the same payload.",
    expects: ["pong"],
    make: (mask) => frame({ mask, opcode: PING, payload: utf8("are you there?") }),
  },
  {
    name: "close 1000",
    says: "A clean close. Answered by a close frame with the same code.",
    expects: [1000],
    make: (mask) => frame({ mask, opcode: CLOSE, payload: close(1000, "done") }),
  },
  {
    name: "no mask",
    says: "A client must mask (RFC 6455, section 5.1). Answered by close 1002.",
    expects: [1002],
    make: () => frame({ payload: utf8(SAY) }),
  },
  {
    name: "reserved bit",
    says: "RSV1 without a negotiated extension (section 5.2). Answered by close 1002.",
    expects: [1002],
    make: (mask) => frame({ mask, rsv: 4, payload: utf8(SAY) }),
  },
  {
    name: "opcode 3",
    says: "A reserved opcode (section 5.2). Answered by close 1002.",
    expects: [1002],
    make: (mask) => frame({ mask, opcode: 3, payload: utf8(SAY) }),
  },
  {
    name: "ping of 126 bytes",
    says: "A control frame has at most 125 bytes (section 5.5). Answered by close 1002.",
    expects: [1002],
    make: (mask) => frame({ mask, opcode: PING, payload: new Uint8Array(126) }),
  },
  {
    name: "not UTF-8",
    says: "Invalid UTF-8 in a text message (section 8.1). Answered by close 1007.",
    expects: [1007],
    make: (mask) => frame({ mask, payload: Uint8Array.of(0xc3, 0x28) }),
  },
  {
    name: "too large",
    says: "The head of a frame of 1 GiB is enough to be refused. Answered by close 1009.",
    expects: [1009],
    make: (mask) => concat([Uint8Array.of(0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0), mask.subarray(0, 4)]),
  },
  {
    name: "binary",
    says: "Skyrocket accepts only text. Answered by close 1003.",
    expects: [1003],
    make: (mask) => frame({ mask, opcode: BINARY, payload: utf8(SAY) }),
  },
  {
    name: "not JSON",
    says: "Valid for WebSocket, invalid for Skyrocket. Answered by close 4400.",
    expects: [4400],
    make: (mask) => frame({ mask, payload: utf8("not JSON") }),
  },
];

function frame({
  fin = true,
  rsv = 0,
  opcode = TEXT,
  mask = null,
  payload,
}: Partial<FrameContents> & Pick<FrameContents, "payload">): Uint8Array {
  return encodeFrame({ fin, rsv, opcode, mask, payload });
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function close(code: number, reason: string): Uint8Array {
  return concat([Uint8Array.of(code >> 8, code & 0xff), utf8(reason)]);
}
