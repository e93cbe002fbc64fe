import { expect, test } from "vitest";
import { toBase64 } from "../../../lab/engine/decoder/bytes.ts";
import type { Entry, NodeState, RunLane } from "../../../lab/engine/run.ts";
import { changesOf, type NodeView, nodesAt, stateWords } from "../../../lab/page/model/node-views.ts";
import { createReplay } from "../../../lab/page/model/playback.ts";
import { RunIndex } from "../../../lab/page/model/run-index.ts";

const READY: NodeState = { running: true, ready: true, cut: false };
const DEAD: NodeState = { running: false, ready: false, cut: false };
const LANES: readonly RunLane[] = ["short-polling", "sse"].map((transport, lane) => ({
  lane,
  transport,
  naive: false,
}));
const [POLLING, SSE] = [0, 1];

function bytes(at: number, lane: number, direction: "up" | "down", text: string): Entry {
  const base64 = toBase64(new TextEncoder().encode(text));
  return { kind: "bytes", at, lane, connection: 0, direction, base64, heldMs: 0 };
}

/** Two polls at one node after the other, and a stream that ends when its node is killed. */
const ENTRIES: readonly Entry[] = [
  { kind: "nodes", at: 0, nodes: [READY, READY] },
  { kind: "opened", at: 1, lane: SSE, connection: 0 },
  bytes(2, SSE, "up", "GET /transports/sse HTTP/1.1\r\nHost: a\r\n\r\n"),
  { kind: "routed", at: 3, lane: SSE, connection: 0, node: 1 },
  bytes(4, SSE, "down", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hi\n\n"),
  { kind: "opened", at: 5, lane: POLLING, connection: 0 },
  bytes(10, POLLING, "up", "GET /transports/short-polling HTTP/1.1\r\nHost: a\r\n\r\n"),
  { kind: "routed", at: 11, lane: POLLING, connection: 0, node: 1 },
  bytes(15, POLLING, "down", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
  bytes(20, POLLING, "up", "GET /transports/short-polling HTTP/1.1\r\nHost: a\r\n\r\n"),
  { kind: "routed", at: 21, lane: POLLING, connection: 0, node: 0 },
  bytes(25, POLLING, "down", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
  { kind: "nodes", at: 30, nodes: [READY, DEAD] },
  { kind: "closed", at: 31, lane: SSE, connection: 0, by: "server" },
];

function indexOf(entries: readonly Entry[]): RunIndex {
  const runIndex = new RunIndex();
  for (const entry of entries) runIndex.take(entry);
  return runIndex;
}

function short({ state, lanes, requests }: NodeView): [string, string, number] {
  return [stateWords(state), lanes.map(({ transport }) => transport).join(" "), requests];
}

function at(time: number, entries = ENTRIES): [string, string, number][] {
  return nodesAt(indexOf(entries), LANES, time).map(short);
}

const IDLE = ["ready", "", 0];

test("a node holds a stream until it ends, a poll until it is answered, and counts both", () => {
  expect(at(2)).toEqual([IDLE, IDLE]);
  expect(at(3)).toEqual([IDLE, ["ready", "sse", 1]]);
  expect(at(11)).toEqual([IDLE, ["ready", "short-polling sse", 2]]);
  expect(at(15)).toEqual([IDLE, ["ready", "sse", 2]]);
  expect(at(21)).toEqual([
    ["ready", "short-polling", 1],
    ["ready", "sse", 2],
  ]);
  expect(at(31)).toEqual([
    ["ready", "", 1],
    ["not running", "", 2],
  ]);
});

test("the nodes at a time are the same, whatever comes later", () => {
  for (let time = 0; time <= 32; time += 1) {
    const past = ENTRIES.filter((entry) => entry.at <= time);
    expect(at(time), `at ${time}`).toEqual(at(time, past));
  }
});

test("without recorded bytes, a request is held until the next one of its connection", () => {
  const entries = ENTRIES.filter(({ kind }) => kind !== "bytes");
  expect(at(20, entries)).toEqual([IDLE, ["ready", "short-polling sse", 2]]);
  expect(at(21, entries)[1]).toEqual(["ready", "sse", 2]);
});

test("counts and open streams outlast the entries that were dropped", () => {
  const runIndex = indexOf(ENTRIES);
  runIndex.forget(29);
  expect(nodesAt(runIndex, LANES, 29).map(short)).toEqual([
    ["ready", "", 1],
    ["ready", "sse", 2],
  ]);
});

test("a run without nodes has no strip", () => {
  const entries = ENTRIES.filter(({ kind }) => kind !== "nodes" && kind !== "routed");
  const run = { format: "skyrocket-run", version: 1, title: "", startedAt: 0, seed: 1, lanes: LANES, entries } as const;
  const { runIndex, playhead } = createReplay(run);
  expect(nodesAt(runIndex.peek(), LANES, playhead.end())).toEqual([]);
});

test("changes name what was done to a node, not what it said of itself", () => {
  const sequence: readonly NodeState[] = [
    READY,
    { ...READY, cut: true },
    { ...READY, cut: true, ready: false },
    DEAD,
    { ...READY, ready: false },
    READY,
    { ...READY, cut: true },
    READY,
  ];
  const entries = sequence.map((state, at) => ({ kind: "nodes", at, nodes: [READY, state] }) as const);
  expect(changesOf(entries)).toEqual([
    { at: 1, says: "Node 2 cut from Redis" },
    { at: 3, says: "Node 2 ended" },
    { at: 4, says: "Node 2 started" },
    { at: 6, says: "Node 2 cut from Redis" },
    { at: 7, says: "Node 2 reconnected" },
  ]);
});

test.for([
  [READY, "ready"],
  [{ ...READY, ready: false }, "not ready, gets no requests"],
  [{ ...READY, cut: true }, "cut from Redis, not noticed yet"],
  [{ ...READY, ready: false, cut: true }, "cut from Redis, gets no requests"],
  [DEAD, "not running"],
] as const)("%j is “%s”", ([state, words]) => {
  expect(stateWords(state)).toBe(words);
});
