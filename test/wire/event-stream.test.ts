import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventsOf } from "../../src/transports/sse/client.ts";
import { anyCuts, cutEverywhere, cutUp } from "../support/arbitrary.ts";
import { VECTORS } from "./event-stream.vectors.ts";

// The event-stream format as others have written it down in examples and tests, against the reader of our client.

interface Seen {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/** What an EventSource would have dispatched for the pieces, told by `eventsOf`. */
async function read(pieces: readonly Buffer[]): Promise<Seen[]> {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(Uint8Array.from(piece));
      controller.close();
    },
  });
  const seen: Seen[] = [];
  let lastEventId = "";
  for await (const { event = "message", data, id } of eventsOf(body, new AbortController().signal)) {
    lastEventId = id ?? lastEventId;
    seen.push({ type: event, data, lastEventId });
  }
  return seen;
}

describe.for(VECTORS)("$origin", ({ stream, events }) => {
  const bytes = Buffer.from(stream);
  const expected = events.map(([data, lastEventId = "", type = "message"]) => ({ type, data, lastEventId }));

  test("in one piece", async () => {
    expect(await read([bytes])).toEqual(expected);
  });

  test("byte by byte", async () => {
    expect(await read(cutEverywhere(bytes))).toEqual(expected);
  });

  test("in any pieces", async () => {
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        expect(await read(cutUp(bytes, cuts))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});

describe("where the parser differs from the specification", () => {
  test("an id in a block without data is not told; our client takes its place from the events themselves", async () => {
    // By the specification the second event has lastEventId "2".
    expect(await read([Buffer.from("id: 1\ndata: a\n\nid: 2\n\ndata: b\n\n")])).toEqual([
      { type: "message", data: "a", lastEventId: "1" },
      { type: "message", data: "b", lastEventId: "1" },
    ]);
  });

  test("`retry` is not told; our client has a back-off of its own", async () => {
    expect(await read([Buffer.from("retry: 1\ndata: a\n\n")])).toEqual([
      { type: "message", data: "a", lastEventId: "" },
    ]);
  });

  test("the characters ï»¿ at the beginning are taken for a byte order mark", async () => {
    // By the specification the first line is that of an unknown field.
    expect(await read([Buffer.from("ï»¿data: a\n\n")])).toEqual([{ type: "message", data: "a", lastEventId: "" }]);
  });

  test("an event of more than 1 MiB ends the stream, in words that say so", async () => {
    const large = Buffer.from(`data: ${"x".repeat(1_100_000)}`);
    await expect(read([large])).rejects.toThrow(/too large to be Skyrocket's/);
  });
});
