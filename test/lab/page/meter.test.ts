import { expect, test } from "vitest";
import { meterAt, quantile } from "../../../lab/page/model/lane-meter.ts";
import { acknowledged, indexOf, LANE, LIVE, RECONNECTING, received, send } from "../support/telling.ts";

test("latency is from sending to having; the newest, the middle and the slowest of a hundred", () => {
  const runIndex = indexOf([[0, LIVE]]);
  for (let seq = 1; seq <= 100; seq += 1) {
    runIndex.take({ at: seq * 1_000, lane: LANE.lane, ...send(seq) });
    runIndex.take({ at: seq * 1_000 + 101 - seq, lane: LANE.lane, ...received(seq) });
  }
  expect(meterAt(runIndex, LANE, 200_000).latencies).toEqual({ now: 1, p50: 50, p99: 99, count: 100 });
  expect(meterAt(runIndex, LANE, 1_050).latencies).toEqual({ now: null, p50: null, p99: null, count: 0 });
  expect(meterAt(runIndex, LANE, 2_500).latencies).toEqual({ now: 99, p50: 99, p99: 100, count: 2 });
});

test("quantiles are values that were measured, by nearest rank", () => {
  expect(quantile([], 0.5)).toBeNull();
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
});

test("what a message cost is what went by since the first was sent, its payload apart, by messages", () => {
  const runIndex = indexOf([[0, LIVE]]);
  const head = "GET /rooms/a/poll HTTP/1.1\r\nHost: a\r\n\r\n";
  const bytes = (at: number, direction: "up" | "down", text: string) =>
    runIndex.take({ at, lane: LANE.lane, kind: "bytes", connection: 1, direction, base64: btoa(text), heldMs: 0 });
  runIndex.take({ at: 0, lane: LANE.lane, kind: "opened", connection: 1 });
  runIndex.take({ at: 5, lane: LANE.lane, ...send(1) });
  bytes(6, "up", head);
  bytes(7, "down", "HTTP/1.1 204 No Content\r\n\r\n");
  expect(meterAt(runIndex, LANE, 8).cost).toBeNull();
  runIndex.take({ at: 9, lane: LANE.lane, ...received(1) });
  runIndex.take({ at: 9, lane: LANE.lane, ...received(2) });
  const { cost, totals } = meterAt(runIndex, LANE, 9);
  expect(totals).toMatchObject({ up: head.length, down: 27, requests: 1, writes: 1, open: 1 });
  expect(cost).toEqual({
    up: { payload: 0, overhead: head.length / 2 },
    down: { payload: 0, overhead: 13.5 },
    bytes: (head.length + 27) / 2,
    requests: 0.5,
    messages: 2,
  });
});

test("a cut is known when it came, noticed and recovered when the client said so, and not before", () => {
  const runIndex = indexOf([
    [0, LIVE],
    [100, send(1)],
    [101, acknowledged(1)],
  ]);
  runIndex.take({ at: 200, lane: LANE.lane, kind: "fault", connection: null, what: "rst" });
  runIndex.take({ at: 230, lane: LANE.lane, ...RECONNECTING });
  runIndex.take({ at: 300, lane: LANE.lane, ...LIVE });
  runIndex.take({ at: 310, lane: LANE.lane, ...received(1) });
  const at = (ms: number) => meterAt(runIndex, LANE, ms).trouble;
  expect(at(150)).toBeUndefined();
  expect(at(210)).toEqual({ at: 200, what: "rst", noticedAt: null, recoveredAt: null, heardAt: null });
  expect(at(250)).toEqual({ at: 200, what: "rst", noticedAt: 230, recoveredAt: null, heardAt: null });
  expect(at(300)).toEqual({ at: 200, what: "rst", noticedAt: 230, recoveredAt: 300, heardAt: null });
  expect(at(310)).toEqual({ at: 200, what: "rst", noticedAt: 230, recoveredAt: 300, heardAt: 310 });
});
