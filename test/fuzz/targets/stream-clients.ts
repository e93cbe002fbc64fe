import fc from "fast-check";
import type { DownEvent } from "../../../src/protocol/events.ts";
import type { ClientTransport } from "../../../src/transports/contract.ts";
import { isDownEvent } from "../../../src/transports/shared/client/incoming.ts";
import { sse } from "../../../src/transports/sse/client.ts";
import { opening, frame as sseFrame } from "../../../src/transports/sse/wire.ts";
import { ndjson } from "../../fixtures/ndjson/client.ts";
import { frame as ndjsonFrame } from "../../fixtures/ndjson/wire.ts";
import { anyBatch, cutUp } from "../../support/arbitrary.ts";
import { asCursor, asEpoch } from "../../support/cast.ts";
import { anyBytes, cuts, mutatedBytes } from "../arbitraries/bytes.ts";
import { junk } from "../arbitraries/text.ts";
import { Finding, type Target } from "../contract.ts";
import { target } from "../run.ts";
import { readBy } from "../support/reading.ts";

const batch = fc.array(anyBatch, { maxLength: 2 }).map((batches) => batches.flat().slice(0, 6));
const withBye = fc.tuple(batch, fc.boolean()).map(([events, ends]): readonly DownEvent[] => {
  const bye: DownEvent = { type: "bye", reason: "left", retry: false };
  return ends ? [...events, bye] : events;
});
const sseLine = fc
  .tuple(fc.constantFrom("data", "id", "event", "retry", "", ":", "data\u0000", "\ufeffdata"), junk)
  .chain(([field, value]) =>
    fc.constantFrom("\n", "\r", "\r\n", "\n\n", "\r\r").map((end) => `${field}: ${value}${end}`),
  );

interface Stream {
  readonly transport: ClientTransport;
  readonly type: string;
  readonly bodies: fc.Arbitrary<Buffer>;
}

const streams: readonly Stream[] = [
  {
    transport: sse,
    type: "text/event-stream",
    bodies: fc.oneof(
      {
        weight: 4,
        arbitrary: mutatedBytes(
          withBye.map((events) => Buffer.concat([opening(asCursor("e1-5")), sseFrame(events, asEpoch("e1"))])),
        ),
      },
      { weight: 2, arbitrary: fc.array(sseLine, { maxLength: 6 }).map((lines) => Buffer.from(lines.join(""))) },
      { weight: 1, arbitrary: anyBytes },
    ),
  },
  {
    transport: ndjson,
    type: "application/x-ndjson",
    bodies: fc.oneof(
      { weight: 4, arbitrary: mutatedBytes(withBye.map(ndjsonFrame)) },
      { weight: 1, arbitrary: anyBytes },
    ),
  },
];

const fresh = (bytes: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** The client halves of streams: whatever bytes come, however they are cut. */
export const streamClients: readonly Target[] = streams.map(({ transport, type, bodies }) =>
  target({
    name: `${transport.name}-client`,
    what: `the ${transport.title} client's parser: bytes after a good head, cut anywhere`,
    input: fc.record({ body: bodies, at: cuts }),
    open: () => ({
      try: async ({ body, at }) => {
        const served = (pieces: readonly Buffer[]) => [
          { status: 200, headers: { "content-type": type }, pieces: pieces.map(fresh) },
        ];
        const whole = await readBy(transport, served([body]));
        const cut = await readBy(transport, served(cutUp(body, at)));
        if (JSON.stringify(whole) !== JSON.stringify(cut))
          throw new Finding("wrong", `whole it reads ${JSON.stringify(whole)}, in pieces ${JSON.stringify(cut)}`);
        if (!whole.events.every(isDownEvent)) throw new Finding("wrong", "it hands on what is no event");
        const bye = whole.events.findIndex(({ type: kind }) => kind === "bye");
        if (bye >= 0 && bye < whole.events.length - 1) throw new Finding("wrong", "it reads on after `bye`");
        return whole.events.length > 0 ? `${whole.end}, events` : whole.end;
      },
    }),
  }),
);
