import type { Reply } from "../../protocol/commands.ts";
import type { DownEvent } from "../../protocol/events.ts";

/** FIN set, opcode 1: a whole text message in one frame. RFC 6455, section 5.2. */
const TEXT = 0x81;

/** One unmasked text frame per event, all in one buffer. */
export function frame(events: readonly DownEvent[]): Buffer {
  return Buffer.concat(events.map(textFrame));
}

/** One event or reply as a text frame of a server. */
export function textFrame(value: DownEvent | Reply): Buffer {
  const payload = Buffer.from(JSON.stringify(value));
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([TEXT, length]), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([TEXT, 126, length >> 8, length & 0xff]), payload]);
  const header = Buffer.alloc(10);
  header[0] = TEXT;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}
