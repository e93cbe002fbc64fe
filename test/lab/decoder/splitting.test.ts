import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitOf } from "../../../lab/engine/decoder/index.ts";
import { clientFrame } from "../../support/frames.ts";
import { type Decoded, decode, down, type Sent, up } from "./support.ts";

const EVENT = '{"type":"message","seq":2,"at":1,"id":"c1","from":{"id":"a","name":"Ada"},"text":"Grüße, \\"]}{["}';
const POLL = `[${EVENT},{"type":"idle","at":1}]`;
const REQUEST = "GET /transports/long-polling?after=e-1&session=abc.def HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
const RESPONSE = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(POLL)}\r\n\r\n${POLL}`;
const STREAM = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 2000\nid: e-1\n\n: hm\r\rid: e-2\r\ndata: ${EVENT}\n\n`;
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n";
const UPGRADE = "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

/** Bytes of either direction, in an order that may make sense or not. */
const anySent: fc.Arbitrary<Sent> = fc.oneof(
  ...[REQUEST, UPGRADE, "\r\n", `POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}${REQUEST}`].map((text) =>
    fc.constant(up(text)),
  ),
  ...[RESPONSE, STREAM, CHUNKED, SWITCHED, "HTTP/1.1 100 Continue\r\n\r\n"].map((text) => fc.constant(down(text))),
  fc
    .record({
      payload: fc.uint8Array({ maxLength: 300 }),
      opcode: fc.integer({ min: 0, max: 15 }),
      rsv: fc.integer({ min: 0, max: 7 }),
      masked: fc.boolean(),
      fin: fc.boolean(),
    })
    .map(({ payload, ...how }) =>
      how.masked ? up(clientFrame(Buffer.from(payload), how)) : down(clientFrame(Buffer.from(payload), how)),
    ),
  fc.record({ direction: fc.constantFrom("up", "down"), bytes: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ direction: fc.constantFrom("up", "down"), bytes: fc.integer({ min: 1, max: 300 }) }),
);
const conversations = fc.array(anySent, { maxLength: 12 });

/** Returns the same bytes in other pieces. */
function inPieces(sent: readonly Sent[], sizes: readonly number[]): Sent[] {
  let next = 0;
  const pieces: Sent[] = [];
  for (const { direction, bytes } of sent) {
    if (typeof bytes === "number") {
      pieces.push({ direction, bytes });
      continue;
    }
    for (let from = 0; from < bytes.length; ) {
      const size = sizes.length === 0 ? 1 : (sizes[next++ % sizes.length] ?? 1);
      pieces.push({ direction, bytes: bytes.subarray(from, from + size) });
      from += size;
    }
  }
  return pieces;
}

function resultOf({ spans, decoder }: Decoded): unknown {
  return { spans, messages: decoder.messages.map((message) => ({ ...message })) };
}

describe("any bytes", () => {
  test("the result does not depend on how the bytes are split", () => {
    fc.assert(
      fc.property(conversations, fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }), (sent, sizes) => {
        expect(resultOf(decode(inPieces(sent, sizes)))).toEqual(resultOf(decode(sent)));
      }),
      { numRuns: 300 },
    );
  });

  test("every byte is in exactly one span", () => {
    fc.assert(
      fc.property(conversations, (sent) => {
        const { spans } = decode(sent);
        for (const direction of ["up", "down"] as const) {
          let expected = 0;
          for (const { from, to } of spans[direction]) {
            expect(from).toBe(expected);
            expect(to).toBeGreaterThan(from);
            expected = to;
          }
          const sum = sent
            .filter((each) => each.direction === direction)
            .reduce((total, { bytes }) => total + (typeof bytes === "number" ? bytes : bytes.length), 0);
          expect(expected).toBe(sum);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("payload and overhead add up to all bytes, in total and by message", () => {
    fc.assert(
      fc.property(conversations, (sent) => {
        const { spans, decoder } = decode(sent);
        for (const direction of ["up", "down"] as const) {
          expect(decoder.split(direction)).toEqual(splitOf(spans[direction]));
          const unfinished = decoder.unfinished(direction)?.span;
          const whole = spans[direction].filter((span) => span.from !== unfinished?.from);
          const byMessage = decoder.messages.map(({ split }) => split[direction]);
          expect(byMessage.reduce((total, { payload }) => total + payload, 0)).toBe(splitOf(whole).payload);
          expect(byMessage.reduce((total, { overhead }) => total + overhead, 0)).toBe(splitOf(whole).overhead);
        }
      }),
      { numRuns: 200 },
    );
  });
});
