import fc from "fast-check";
import { BYES, ERRORS } from "../../../src/protocol/errors.ts";
import { serverTransports } from "../../../src/transports/registry.server.ts";
import { cutUp } from "../../support/arbitrary.ts";
import { clientFrame, FrameDecoder, type WsFrame } from "../../support/frames.ts";
import { cuts } from "../arbitraries/bytes.ts";
import { anyFrames } from "../arbitraries/frames.ts";
import { UPGRADE_LINES } from "../arbitraries/requests.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { Connection, DEADLINE_MS } from "../support/connection.ts";
import { FuzzServer } from "../support/fuzz-server.ts";

const TEXT = 1;
const CLOSE = 8;
/** Codes a server may close with: those of RFC 6455, section 7.4.1, that fit, and our own. */
const OWN_CODES = new Set<number | null>([
  1000,
  1002,
  1003,
  1007,
  1009,
  ...Object.values(ERRORS).map(({ close }) => close),
  ...Object.values(BYES).map(({ close }) => close),
]);
OWN_CODES.delete(ERRORS.internal.close);

/** Each transport that takes frames. */
export const frameTargets = serverTransports
  .filter(({ duplex }) => duplex)
  .map(({ name }) =>
    target({
      name: `${name}-frames`,
      what: "what a client may send after a good handshake: frames, fragments, masks, lengths, control frames",
      input: fc.record({ bytes: anyFrames, at: cuts }),
      open: async () => {
        const server = await FuzzServer.open();
        const upgrade = (): string =>
          `GET /transports/${name}?after=${server.member.cursor} HTTP/1.1\r\nHost: ${server.host}\r\n` +
          `Authorization: Bearer ${server.member.session}\r\n${UPGRADE_LINES}\r\n`;
        const shake = async (isRetry = false): Promise<Connection> => {
          const line = await Connection.open(server.port);
          line.write(upgrade());
          await line.within(DEADLINE_MS, ({ bytes }) => bytes.includes("\r\n\r\n"));
          const head = line.bytes.indexOf("\r\n\r\n");
          const status = line.take(head + 4).toString("latin1", 9, 12);
          if (status === "101") return line;
          line.drop();
          if (status !== "404" || isRetry) throw new Finding("wrong", `a good handshake is answered ${status}`);
          // The input before has ended the session, and its `bye` did not come through.
          await server.renew();
          return shake(true);
        };
        return {
          try: async ({ bytes, at }) => {
            await server.renewSometimes();
            const line = await shake();
            for (const piece of cutUp(bytes, at)) line.write(piece);
            // The last frame, and the end: whatever came before, the server has no more to wait for.
            line.write(clientFrame(Buffer.from([3, 0xe8]), { opcode: CLOSE }));
            line.socket.end();
            await line.untilClosed("a WebSocket whose client has closed");
            const frames = decoded(line.bytes);
            if (frames.some(isEnd)) await server.renew();
            return outcomeOf(frames, bytes);
          },
          check: () => server.check(),
          close: () => server.close(),
        };
      },
    }),
  );

function decoded(bytes: Buffer): WsFrame[] {
  const decoder = new FrameDecoder();
  try {
    return decoder.feed(bytes);
  } catch (error) {
    throw new Finding("wrong", `the server's frames can't be read: ${error}`);
  }
}

/** The session is over. */
function isEnd({ opcode, payload }: WsFrame): boolean {
  return opcode === TEXT && payload.includes('"type":"bye","reason":"left"');
}

function outcomeOf(frames: readonly WsFrame[], sent: Buffer): string {
  for (const { opcode, payload } of frames) {
    if (opcode !== TEXT) continue;
    const { code }: { code?: unknown } = JSON.parse(payload.toString());
    if (code === "internal") throw new Finding("500", `a command is refused as internal: ${payload}`);
  }
  const close = frames.find(({ opcode }) => opcode === CLOSE);
  if (close === undefined) return "ended";
  const code = close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1005;
  // A client's own code is sent back to it (RFC 6455, section 5.5.1).
  if (code === ERRORS.internal.close && !sent.includes(CLOSE | 0x80)) throw new Finding("500", "closed with 1011");
  return OWN_CODES.has(code) || code === 1005 ? `closed ${code}` : "closed as asked";
}
