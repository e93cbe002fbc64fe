/** What a packet of Engine.IO 4, or the Socket.IO 5 packet in it, asks of a client that looks at no more than its type. */
export type PacketKind = "open" | "ping" | "connected" | "refused" | "closed" | "other";

const SEPARATOR = 0x1e;

/** Packets of both protocols begin with a digit: `first` is Engine.IO's, `second`, in a message, Socket.IO's. */
export function kindOf(first: number | undefined, second: number | undefined): PacketKind {
  if (first === code("0")) return "open";
  if (first === code("1")) return "closed";
  if (first === code("2")) return "ping";
  if (first !== code("4")) return "other";
  if (second === code("0")) return "connected";
  if (second === code("1")) return "closed";
  if (second === code("4")) return "refused";
  return "other";
}

/** Calls back with the kind of each packet of a polling payload. The separator can't occur in JSON. */
export function eachPacket(payload: Buffer, packet: (kind: PacketKind) => void): void {
  for (let at = 0; at >= 0 && at < payload.length; ) {
    packet(kindOf(payload[at], payload[at + 1]));
    const end = payload.indexOf(SEPARATOR, at);
    at = end < 0 ? -1 : end + 1;
  }
}

export function joinPackets(packets: readonly string[]): string {
  return packets.join(String.fromCharCode(SEPARATOR));
}

/** The session id in an open packet: `0{"sid":"…",…}`. Throws when there is none. */
export function sessionIn(payload: Buffer): string {
  const text = payload.toString("latin1");
  const sid = /^0\{"sid":"([^"]+)"/.exec(text)?.[1];
  if (sid === undefined) throw new TypeError(`an open packet of Engine.IO has a sid, ${text} has none`);
  return sid;
}

function code(digit: string): number {
  return digit.charCodeAt(0);
}
