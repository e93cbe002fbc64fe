import fc from "fast-check";
import { frame as sseFrame } from "../../../src/transports/sse/wire.ts";
import { frame as webSocketFrame } from "../../../src/transports/websocket/wire.ts";
import { anyBatch } from "../../support/arbitrary.ts";
import { asEpoch } from "../../support/cast.ts";
import { anyBytes, mutatedBytes } from "./bytes.ts";
import { anyFrames } from "./frames.ts";
import { anyRequest } from "./requests.ts";

/** Responses, each right as it stands. */
export const anyResponse: fc.Arbitrary<string> = fc.constantFrom(
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
  "HTTP/1.1 204 No Content\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\u0081\u0002hi",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n",
);

/** Texts as their bytes. */
export const bytesOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  text.map((given) => Buffer.from(given, "latin1"));

/** One to three in a row. */
export const inARow = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => all.join(""));

/** The bytes of one direction of a connection: requests or responses, events, frames, some of them damaged. */
export const anyUp: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: mutatedBytes(bytesOf(inARow(anyRequest))) },
  { weight: 2, arbitrary: anyFrames },
  { weight: 1, arbitrary: anyBytes },
);
export const anyDown: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: mutatedBytes(bytesOf(inARow(anyResponse))) },
  { weight: 2, arbitrary: mutatedBytes(anyBatch.map((events) => sseFrame(events.slice(0, 4), asEpoch("e1")))) },
  { weight: 2, arbitrary: mutatedBytes(anyBatch.map((events) => webSocketFrame(events.slice(0, 4)))) },
  { weight: 1, arbitrary: anyBytes },
);
