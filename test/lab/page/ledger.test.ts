import { expect, test } from "vitest";
import { ledgerAt } from "../../../lab/page/model/lane-meter.ts";
import { acknowledged, indexOf, LANE, LIVE, NAIVE, RECONNECTING, received, send } from "../support/telling.ts";

/** Until a lane has settled, if it is careful; and if it is naive. */
const MINUTE = 60_000;
const SOON = 11_000;

const CLEAN = { lost: 0, inFlight: 0, duplicated: 0, reordered: 0, replayed: 0 };

test("a message that came is sent and received, from the moment on when it came", () => {
  const runIndex = indexOf([
    [0, LIVE],
    [10, send(1)],
    [12, acknowledged(1)],
    [20, received(1)],
  ]);
  expect(ledgerAt(runIndex, LANE, 11)).toEqual({ ...CLEAN, sent: 0, received: 0 });
  expect(ledgerAt(runIndex, LANE, 15)).toEqual({ ...CLEAN, sent: 1, received: 0, inFlight: 1 });
  expect(ledgerAt(runIndex, LANE, 20)).toEqual({ ...CLEAN, sent: 1, received: 1 });
});

test("a message sent before the lane was live counts only if the lane has heard of it", () => {
  const runIndex = indexOf([
    [0, send(1), send(2)],
    [5, acknowledged(1), acknowledged(2)],
    [10, LIVE],
    [20, received(2)],
  ]);
  expect(ledgerAt(runIndex, LANE, MINUTE)).toEqual({ ...CLEAN, sent: 1, received: 1 });
});

test("what the server has not taken is not lost: it was never said", () => {
  const runIndex = indexOf([
    [0, LIVE],
    [10, send(1)],
    [20, { kind: "not-sent", message: "m1", reason: "rate-limited" }],
  ]);
  expect(ledgerAt(runIndex, LANE, MINUTE)).toEqual({ ...CLEAN, sent: 0, received: 0 });
});

test("a message that another one has overtaken is lost, and reordered if it comes after all", () => {
  const runIndex = indexOf([
    [0, LIVE],
    [10, send(1), send(2)],
    [12, acknowledged(1), acknowledged(2)],
    [20, received(2)],
    [30, received(1)],
  ]);
  expect(ledgerAt(runIndex, LANE, 25)).toEqual({ ...CLEAN, sent: 2, received: 1, lost: 1 });
  expect(ledgerAt(runIndex, LANE, 30)).toEqual({ ...CLEAN, sent: 2, received: 2, reordered: 1 });
});

test("a message that comes again is duplicated, and one that was read from the cursor is replayed", () => {
  const runIndex = indexOf([
    [0, LIVE],
    [10, send(1)],
    [12, acknowledged(1)],
    [20, received(1, true)],
    [30, received(1)],
  ]);
  expect(ledgerAt(runIndex, LANE, 30)).toEqual({ ...CLEAN, sent: 1, received: 1, duplicated: 1, replayed: 1 });
});

test("while a lane is away nothing is lost on it; live and quiet it has its time, a naive one less", () => {
  const runIndex = indexOf([
    [0, LIVE],
    [10, send(1)],
    [12, acknowledged(1)],
  ]);
  expect(ledgerAt(runIndex, LANE, SOON)).toMatchObject({ lost: 0, inFlight: 1 });
  expect(ledgerAt(runIndex, NAIVE, SOON)).toMatchObject({ lost: 1, inFlight: 0 });
  expect(ledgerAt(runIndex, LANE, MINUTE)).toMatchObject({ lost: 1, inFlight: 0 });
  const away = indexOf([
    [0, LIVE],
    [5, RECONNECTING],
    [10, send(1)],
    [12, acknowledged(1)],
  ]);
  expect(ledgerAt(away, LANE, MINUTE)).toMatchObject({ lost: 0, inFlight: 1 });
});

test("messages that are not kept any more are counted as they were", () => {
  const runIndex = indexOf([[0, LIVE]]);
  for (let seq = 1; seq <= 6_000; seq += 1) {
    for (const entry of [send(seq), acknowledged(seq), ...(seq % 10 === 0 ? [] : [received(seq)])]) {
      runIndex.take({ at: seq, lane: LANE.lane, ...entry });
    }
  }
  expect(runIndex.messages.length).toBeLessThanOrEqual(5_000);
  // The newest of all has not come, and nothing has overtaken it yet.
  expect(ledgerAt(runIndex, LANE, 6_000)).toEqual({ ...CLEAN, sent: 6_000, received: 5_400, lost: 599, inFlight: 1 });
});
