import { expect, test } from "vitest";
import { toBase64 } from "../../../lab/engine/decoder/bytes.ts";
import type { Entry, RunLane } from "../../../lab/engine/run.ts";
import { createRecorder, type Recorder } from "../../../lab/page/model/recorder.ts";

const LANES: readonly RunLane[] = [{ lane: 0, transport: "short-polling", naive: false }];
const POLL = "GET /transports/short-polling HTTP/1.1\r\nHost: a\r\n\r\n";
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";

function bytes(connection: number, direction: "up" | "down", text: string): Entry {
  const base64 = toBase64(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return { kind: "bytes", at: 1, lane: 0, connection, direction, base64, heldMs: 0 };
}

/** A recorder in its second run. Connection 0 was opened in the first one. */
function inSecondRun(): Recorder {
  const recorder = createRecorder(() => 1);
  recorder.begin(0, 1, LANES);
  recorder.addAll([{ kind: "opened", at: 0, lane: 0, connection: 0 }, bytes(0, "up", POLL), bytes(0, "down", ANSWER)]);
  recorder.begin(0, 1, LANES);
  return recorder;
}

function recorded(recorder: Recorder): string[] {
  return recorder.run.peek().entries.map(({ kind }) => kind);
}

test("a request of a new run is recorded from its start, also on a connection that the browser kept open", () => {
  const recorder = inSecondRun();
  recorder.addAll([bytes(0, "up", POLL), { kind: "routed", at: 1, lane: 0, connection: 0, node: 2 }]);
  recorder.addAll([bytes(0, "down", ANSWER), { kind: "closed", at: 2, lane: 0, connection: 0, by: "server" }]);
  expect(recorded(recorder)).toEqual(["opened", "bytes", "routed", "bytes", "closed"]);
  const { wire } = recorder.runIndex.peek().lane(0);
  expect(wire.transfers.map(({ label }) => label)).toEqual(["GET", "200"]);
  expect(wire.totals.at(-1)).toMatchObject({ requests: 1, open: 0 });
});

test.for([
  ["the end of a WebSocket", "\x88\x82abcd"],
  ["the rest of a request", '{"type":"say"}'],
] as const)("%s of the run before is not recorded in the new one", ([, text]) => {
  const recorder = inSecondRun();
  recorder.addAll([bytes(0, "up", text), bytes(0, "down", ANSWER)]);
  recorder.add({ kind: "closed", at: 2, lane: 0, connection: 0, by: "client" });
  expect(recorded(recorder)).toEqual([]);
});

test("a connection that is opened after a reused one is new", () => {
  const recorder = inSecondRun();
  recorder.addAll([bytes(0, "up", POLL), { kind: "opened", at: 1, lane: 0, connection: 1 }, bytes(1, "down", ANSWER)]);
  expect(recorded(recorder)).toEqual(["opened", "bytes", "opened", "bytes"]);
  recorder.begin(0, 1, LANES);
  recorder.addAll([bytes(1, "down", ANSWER), bytes(0, "down", ANSWER)]);
  expect(recorded(recorder)).toEqual([]);
});
