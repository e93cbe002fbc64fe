import { EventEmitter } from "node:events";
import type { Http2Stream } from "node:http2";
import type { Server } from "node:net";
import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { SlowReads } from "../../src/server/slow-reads.ts";
import { ManualWorld } from "../support/manual-world.ts";

const MIB = 1_048_576;

/** An HTTP/2 stream whose peer reads nothing: a piece of its answer waits in it, and all of the answer is in memory. */
class Stalled extends EventEmitter {
  readonly writableLength = 16_384;
  readonly sentHeaders: Readonly<Record<string, string>>;
  destroyed = false;

  constructor(bytes: number) {
    super();
    this.sentHeaders = { "content-length": String(bytes) };
  }

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

test.each([
  { batchBytes: MIB, answers: 4, cut: 1, why: "an answer as long as the configured batch counts in full" },
  { batchBytes: MIB, answers: 3, cut: 0, why: "answers within the budget are kept" },
  { batchBytes: MIB / 4, answers: 4, cut: 0, why: "of an answer longer than a batch, a file, only a batch counts" },
])("$why", ({ batchBytes, answers, cut }) => {
  const world = new ManualWorld();
  const settings = { ...DEFAULT_SETTINGS, unreadBytes: 3 * MIB, batchBytes };
  const slowReads = new SlowReads(settings, world.core().clock);
  const server = new EventEmitter();
  slowReads.watch(server as Server); // only its events are used
  const streams = Array.from({ length: answers }, () => new Stalled(MIB));
  for (const stream of streams) server.emit("stream", stream as unknown as Http2Stream);
  slowReads.check();
  expect(streams.filter(({ destroyed }) => destroyed).length > 0).toBe(cut > 0);
});
