import { concat } from "./bytes.ts";
import { xor } from "./frame.ts";

/** All there is to choose about a WebSocket frame. */
export interface FrameChoice {
  readonly fin: boolean;
  /** RSV1 to RSV3 as a number from 0 to 7. */
  readonly rsv: number;
  /** 0 to 15. */
  readonly opcode: number;
  /** Four bytes; null: not masked. */
  readonly mask: Uint8Array | null;
  /** As it is meant, not masked. */
  readonly payload: Uint8Array;
}

/** The bytes of a frame, its length in as few of them as it takes (RFC 6455, section 5.2). */
export function encodeFrame({ fin, rsv, opcode, mask, payload }: FrameChoice): Uint8Array {
  const first = (fin ? 0x80 : 0) | ((rsv & 7) << 4) | (opcode & 0x0f);
  const bit = mask === null ? 0 : 0x80;
  const { length } = payload;
  return concat([Uint8Array.of(first), lengthField(bit, length), mask ?? new Uint8Array(0), xor(payload, mask)]);
}

function lengthField(bit: number, length: number): Uint8Array {
  if (length < 126) return Uint8Array.of(bit | length);
  if (length < 65_536) return Uint8Array.of(bit | 126, length >> 8, length & 0xff);
  const field = new Uint8Array(9);
  field[0] = bit | 127;
  new DataView(field.buffer).setBigUint64(1, BigInt(length));
  return field;
}
