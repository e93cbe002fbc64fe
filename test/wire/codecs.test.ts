import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DownEvent } from "../../src/protocol/events.ts";
import { frame as longPollFrame } from "../../src/transports/long-polling/wire.ts";
import { frame as shortPollFrame } from "../../src/transports/short-polling/wire.ts";
import { opening, frame as sseFrame } from "../../src/transports/sse/wire.ts";
import { frame as wsFrame } from "../../src/transports/websocket/wire.ts";
import { frame as ndjsonFrame } from "../fixtures/ndjson/wire.ts";
import { anyBatch, anyCuts, cutEverywhere, cutUp } from "../support/arbitrary.ts";
import { asCursor, asEpoch } from "../support/cast.ts";
import { FrameDecoder } from "../support/frames.ts";
import { NASTY_TEXTS } from "../support/texts.ts";

const epoch = asEpoch("k3v9x0qa");

interface Codec {
  readonly name: string;
  encode(events: readonly DownEvent[]): Buffer;
  /** Independent of the code under test: a parser of the format, not of ours. */
  decode(pieces: readonly Buffer[]): unknown[];
  /** What the wire is meant to leave out. */
  readonly drops?: (event: DownEvent) => boolean;
}

const codecs: readonly Codec[] = [
  {
    name: "SSE",
    encode: (events) => Buffer.concat([opening(asCursor("k3v9x0qa-0")), sseFrame(events, epoch)]),
    decode: (pieces) => sseEvents(pieces).map(({ data }) => JSON.parse(data)),
  },
  {
    name: "WebSocket",
    encode: (events) => wsFrame(events),
    decode: (pieces) => {
      const decoder = new FrameDecoder();
      const frames = pieces.flatMap((piece) => decoder.feed(piece));
      expect(decoder.pending).toBe(0);
      expect(frames.every(({ opcode }) => opcode === 1)).toBe(true);
      return frames.map(({ payload }) => JSON.parse(utf8(payload)));
    },
  },
  { name: "long polling", encode: (events) => Buffer.from(longPollFrame(events).body, "latin1"), decode: jsonBody },
  {
    name: "short polling",
    encode: (events) => Buffer.from(shortPollFrame(events).body, "latin1"),
    decode: jsonBody,
    drops: (event) => event.type === "idle",
  },
  {
    name: "NDJSON",
    encode: (events) => ndjsonFrame(events),
    decode: (pieces) =>
      utf8(Buffer.concat(pieces))
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  },
];

function utf8(bytes: Buffer): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function jsonBody(pieces: readonly Buffer[]): unknown[] {
  const body: unknown[] = JSON.parse(utf8(Buffer.concat(pieces)));
  return body;
}

function sseEvents(pieces: readonly Buffer[]): { event: string | undefined; id: string | undefined; data: string }[] {
  const events: { event: string | undefined; id: string | undefined; data: string }[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const parser = createParser({
    onEvent: ({ event, id, data }) => events.push({ event, id, data }),
    onError: (error) => {
      throw error;
    },
  });
  for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }));
  parser.feed(decoder.decode());
  return events;
}

describe.each(codecs)("the wire of $name", ({ encode, decode, drops }) => {
  const kept = (events: readonly DownEvent[]): DownEvent[] => events.filter((event) => drops?.(event) !== true);

  test("gives back every batch, wherever its bytes are cut", () => {
    fc.assert(
      fc.property(anyBatch, anyCuts, (events, cuts) => {
        expect(decode(cutUp(encode(events), cuts))).toEqual(kept(events));
      }),
      { numRuns: 150 },
    );
  });

  test("gives back batches that follow one another", () => {
    fc.assert(
      fc.property(fc.array(anyBatch, { minLength: 2, maxLength: 4 }), anyCuts, (batches, cuts) => {
        if (decode === jsonBody) return;
        const [first, ...others] = batches.map((events) => encode(events));
        // The opening of a stream comes once.
        const bytes = Buffer.concat([first ?? Buffer.alloc(0), ...others]);
        expect(decode(cutUp(bytes, cuts))).toEqual(kept(batches.flat()));
      }),
      { numRuns: 50 },
    );
  });

  test.each(Object.entries(NASTY_TEXTS))("carries %s, one byte at a time", (_name, text) => {
    const event = { type: "message", seq: 1, at: 1, id: "c", from: { id: "m", name: "Ada" }, text };
    const events: DownEvent[] = JSON.parse(JSON.stringify([event]));
    expect(decode(cutEverywhere(encode(events)))).toEqual(events);
  });

  test.each([124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537])("carries an event of about %i bytes", (bytes) => {
    for (let length = Math.max(1, bytes - 90); length <= bytes - 60; length += 1) {
      const event = { type: "message", seq: 1, at: 1, id: "c", from: { id: "m", name: "A" }, text: "x".repeat(length) };
      const events: DownEvent[] = JSON.parse(JSON.stringify([event]));
      expect(decode([encode(events)])).toEqual(events);
    }
  });

  test("is pure: the same events make the same bytes", () => {
    fc.assert(
      fc.property(anyBatch, (events) => {
        expect(encode(events)).toEqual(encode(events));
      }),
      { numRuns: 20 },
    );
  });
});

describe("what only one wire has", () => {
  test("SSE: `id:` is the cursor of durable events, `live` and `gap`; `event:` the type of the others", () => {
    fc.assert(
      fc.property(anyBatch, (events) => {
        const parsed = sseEvents([sseFrame(events, epoch)]);
        expect(parsed.map(({ event, id }) => ({ event, id }))).toEqual(
          events.map((event) => {
            if ("seq" in event) return { event: undefined, id: `${epoch}-${event.seq}` };
            const id = event.type === "live" || event.type === "gap" ? event.cursor : undefined;
            return { event: event.type, id };
          }),
        );
      }),
    );
  });

  test("SSE: the opening primes a native EventSource's place and raises no event", () => {
    const bytes = opening(asCursor("k3v9x0qa-17"));
    expect(bytes.toString()).toMatch(/^retry: [0-9]+\nid: k3v9x0qa-17\n\n$/);
    expect(sseEvents([bytes])).toEqual([]);
  });

  test("polls: a frame is a latin1 string whose length is the body's in bytes", () => {
    fc.assert(
      fc.property(anyBatch, (events) => {
        const frame = longPollFrame(events);
        expect(frame.body.length).toBe(Buffer.byteLength(JSON.stringify(events)));
      }),
    );
  });

  test("short polls: nothing new is an empty array", () => {
    expect(shortPollFrame([{ type: "idle", at: 1 }]).body).toBe("[]");
  });

  test("WebSocket: no frame is compressed, masked or fragmented, and lengths are in their shortest form", () => {
    fc.assert(
      fc.property(anyBatch, (events) => {
        expect(new FrameDecoder().feed(wsFrame(events))).toHaveLength(events.length);
      }),
    );
  });
});
