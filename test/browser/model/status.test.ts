import { expect, test } from "vitest";
import { countdown, statusOf } from "../../../public/model/status.ts";
import type { ConnectionState } from "../../../src/client/types.ts";

const LIVE = { kind: "live", transport: "sse", switchingTo: null, roundTripMs: 1.23 } as const;

const SENTENCES: readonly (readonly [state: ConnectionState, replayed: number, words: string])[] = [
  [{ kind: "connecting", transport: null }, 0, "connecting…"],
  [{ kind: "connecting", transport: "sse" }, 0, "connecting by <sse>…"],
  [{ ...LIVE, since: { kind: "fresh" } }, 0, "live · 1.2 ms"],
  [{ ...LIVE, since: { kind: "fresh" }, roundTripMs: null }, 0, "live"],
  [{ ...LIVE, since: { kind: "fresh" }, switchingTo: "websocket" }, 0, "switching to <websocket>…"],
  [{ ...LIVE, since: { kind: "resumed", replayed: 5 } }, 4, "live, resumed 4 messages · 1.2 ms"],
  [{ ...LIVE, since: { kind: "resumed", replayed: 1 } }, 0, "live again, nothing missed · 1.2 ms"],
  [{ ...LIVE, since: { kind: "switched", from: "websocket", replayed: 0 } }, 0, "switched from <websocket> · 1.2 ms"],
  [{ ...LIVE, since: { kind: "gap", missed: 2 } }, 0, "live, 2 missed and not recoverable · 1.2 ms"],
  [{ ...LIVE, since: { kind: "gap", missed: null } }, 0, "live, the room's log began anew · 1.2 ms"],
  [
    { ...LIVE, since: { kind: "fresh" }, passedOver: [{ transport: "websocket", why: "cut" }] },
    0,
    "live, though <websocket> does not get through here · 1.2 ms",
  ],
  [
    {
      ...LIVE,
      since: { kind: "resumed", replayed: 3 },
      passedOver: ["websocket", "x", "y"].map((transport) => ({ transport, why: "cut" })),
    },
    3,
    "live, though <websocket>, <x> and <y> do not get through here · 1.2 ms",
  ],
  [
    { ...LIVE, since: { kind: "gap", missed: 2 }, passedOver: [{ transport: "websocket", why: "cut" }] },
    0,
    "live, 2 missed and not recoverable · 1.2 ms",
  ],
  [{ kind: "reconnecting", transport: "sse", inMs: 3_000, attempt: 1 }, 0, "reconnecting"],
  [
    { kind: "reconnecting", transport: "sse", inMs: 9_000, attempt: 1, because: { kind: "offline", message: "" } },
    0,
    "offline, trying again",
  ],
  [{ kind: "closed", because: { kind: "superseded" } }, 0, "closed"],
];

test.for(SENTENCES)("%j reads as a sentence", ([state, replayed, words]) => {
  const status = statusOf(state, { titleOf: (name) => `<${name}>`, entered: true, replayed, news: true });
  expect(status.figure === null ? status.words : `${status.words} · ${status.figure}`).toBe(words);
});

test("a wait is counted down in whole seconds", () => {
  expect([0, 900, 1_000, 2_999, 3_000, 9_000].map((now) => countdown(3_000, 0, now))).toEqual([
    "in 3 s",
    "in 3 s",
    "in 2 s",
    "in 1 s",
    "now",
    "now",
  ]);
});
