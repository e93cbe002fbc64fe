import { expect, test } from "vitest";
import type { Entry, RunLane } from "../../../lab/engine/run.ts";
import { LaneWire } from "../../../lab/page/model/lane-wire.ts";
import { RunIndex } from "../../../lab/page/model/run-index.ts";
import { arrivalOf } from "../../../lab/page/race/run-controls.tsx";

const LANES: readonly RunLane[] = ["short-polling", "long-polling", "sse", "websocket"].map((transport, lane) => ({
  lane,
  transport,
  naive: false,
}));

function story(...entries: readonly Entry[]): RunIndex {
  const all = new RunIndex();
  for (const entry of entries) all.take(entry);
  return all;
}

const sent: Entry = { kind: "send", at: 100, lane: -1, message: "m1", textBytes: 40 };
const received = (lane: number, at: number): Entry => ({
  kind: "received",
  at,
  lane,
  message: "m1",
  seq: 2,
  replayed: false,
});

test("nothing is read out while a lane may still get the message", () => {
  const half = story(sent, received(3, 120), received(2, 121), received(1, 130));
  expect(arrivalOf(half, LANES, "m1", 5_000)).toBe("");
});

test("one sentence is read out once all lanes have the message, the fastest first", () => {
  const whole = story(sent, received(3, 120), received(2, 121), received(1, 130), received(0, 1_400));
  expect(arrivalOf(whole, LANES, "m1", 1_500)).toMatch(/^m1: WebSocket 20 ms, SSE 21 ms, .+ 30 ms, .+ 1\.3 s$/);
});

test("a lane that has not got the message after ten seconds is named", () => {
  const dead = story(sent, received(3, 120), received(1, 130), received(0, 1_400));
  expect(arrivalOf(dead, LANES, "m1", 10_200)).toMatch(/^m1: WebSocket 20 ms, .+, SSE not yet$/);
});

test("a message that was not sent is read out as that", () => {
  const refused = story(sent, {
    kind: "not-sent",
    at: 110,
    lane: -1,
    message: "m1",
    reason: "There is no connection.",
  });
  expect(arrivalOf(refused, LANES, "m1", 200)).toBe("m1 was not sent: There is no connection.");
});

test("a stream that stays open does not keep the requests beside it", () => {
  const wire = new LaneWire();
  const bytes = (connection: number, direction: "up" | "down", text: string, at: number): void => {
    wire.take({ kind: "bytes", at, lane: 0, connection, direction, base64: btoa(text), heldMs: 0 });
  };
  wire.take({ kind: "opened", at: 0, lane: 0, connection: 0 });
  bytes(0, "up", "GET /transports/sse HTTP/1.1\r\n\r\n", 0);
  bytes(0, "down", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", 1);
  wire.take({ kind: "opened", at: 2, lane: 0, connection: 1 });
  for (let at = 10; at < 1_010; at += 10) {
    bytes(1, "up", "GET / HTTP/1.1\r\n\r\n", at);
    bytes(1, "down", "HTTP/1.1 204 No Content\r\n\r\n", at + 1);
  }
  wire.forget(1_000);
  expect(wire.openRequests.map(({ kind, until }) => [kind, until])).toEqual([
    ["streams", null],
    ["waits", 1_001],
  ]);
});

test("cuts and states of an hour are taken in without going through all that were before", () => {
  const all = new RunIndex();
  for (let at = 0; at < 60_000; at += 2) {
    all.take({ kind: "fault", at: at * 10, lane: 0, connection: 0, what: "rst" });
    all.take({ kind: "state", at: at * 10 + 1, lane: 0, state: at % 4 === 0 ? "reconnecting" : "live" });
  }
  const { troubles } = all.lane(0).client;
  expect(troubles).toHaveLength(30_000);
  expect(troubles[0]).toMatchObject({ at: 0, noticedAt: 1, recoveredAt: 21 });
});
