import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DownEvent } from "../../src/protocol/events.ts";
import type { ClientTransport } from "../../src/transports/contract.ts";
import { sse } from "../../src/transports/sse/client.ts";
import { opening, frame as sseFrame } from "../../src/transports/sse/wire.ts";
import { ndjson } from "../fixtures/ndjson/client.ts";
import { frame as ndjsonFrame } from "../fixtures/ndjson/wire.ts";
import { anyBatch, anyCuts, cutUp } from "../support/arbitrary.ts";
import { asCursor, asEpoch, asSession } from "../support/cast.ts";
import { testPlatform } from "../support/platform.ts";

const epoch = asEpoch("k3v9x0qa");
const bye: DownEvent = { type: "bye", reason: "left", retry: false };

interface Stream {
  readonly transport: ClientTransport;
  readonly type: string;
  encode(events: readonly DownEvent[]): Buffer;
}

const streams: readonly Stream[] = [
  {
    transport: sse,
    type: "text/event-stream",
    encode: (events) => Buffer.concat([opening(asCursor("k3v9x0qa-0")), sseFrame(events, epoch)]),
  },
  { transport: ndjson, type: "application/x-ndjson", encode: ndjsonFrame },
];

/** What a client half makes of an answer whose body comes in `pieces`. */
async function read({ transport, type }: Stream, pieces: readonly Buffer[]): Promise<DownEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const platform = {
    ...testPlatform(),
    fetch: () => Promise.resolve(new Response(body, { headers: { "content-type": type } })),
  };
  const attach = { base: new URL("http://127.0.0.1/"), session: asSession("s"), after: undefined, reader: 1 };
  const events: DownEvent[] = [];
  for await (const event of transport.connect(attach, platform, new AbortController().signal)) events.push(event);
  return events;
}

describe.each(streams)("the client half of $transport.name", (stream) => {
  test("reads every batch, wherever the network cuts it", async () => {
    await fc.assert(
      fc.asyncProperty(anyBatch, anyCuts, async (events, cuts) => {
        expect(await read(stream, cutUp(stream.encode([...events, bye]), cuts))).toEqual([...events, bye]);
      }),
      { numRuns: 80 },
    );
  });

  test("reads nothing after `bye`", async () => {
    const events: DownEvent[] = [{ type: "idle", at: 1 }, bye, { type: "idle", at: 2 }];
    expect(await read(stream, [stream.encode(events)])).toEqual(events.slice(0, 2));
  });
});
