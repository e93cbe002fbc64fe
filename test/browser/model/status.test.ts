import { expect, test } from "vitest";
import { countdown, statusOf } from "../../../public/model/status.ts";
import type { ConnectionState, ConnectionTrouble } from "../../../src/client/types.ts";

const LIVE = { kind: "live", transport: "sse", switchingTo: null, roundTripMs: 1.23 } as const;

const SENTENCES: readonly (readonly [state: ConnectionState, replayed: number, words: string])[] = [
  [{ kind: "connecting", transport: null }, 0, "connecting…"],
  [{ kind: "connecting", transport: "sse" }, 0, "connecting over <sse>…"],
  [{ ...LIVE, since: { kind: "fresh" } }, 0, "live · 1.2 ms"],
  [{ ...LIVE, since: { kind: "fresh" }, roundTripMs: null }, 0, "live"],
  [{ ...LIVE, since: { kind: "fresh" }, switchingTo: "websocket" }, 0, "switching to <websocket>…"],
  [{ ...LIVE, since: { kind: "resumed", replayed: 5 } }, 4, "live again, caught up on 4 messages · 1.2 ms"],
  [{ ...LIVE, since: { kind: "resumed", replayed: 1 } }, 0, "live again, nothing missed · 1.2 ms"],
  [{ ...LIVE, since: { kind: "switched", from: "websocket", replayed: 0 } }, 0, "switched from <websocket> · 1.2 ms"],
  [{ ...LIVE, since: { kind: "gap", missed: 2 } }, 0, "live, 2 events lost · 1.2 ms"],
  [{ ...LIVE, since: { kind: "gap", missed: null } }, 0, "live, the server started over · 1.2 ms"],
  [
    { ...LIVE, since: { kind: "fresh" }, passedOver: [{ transport: "websocket", why: "cut" }] },
    0,
    "live, but <websocket> can't get through here · 1.2 ms",
  ],
  [
    {
      ...LIVE,
      since: { kind: "resumed", replayed: 3 },
      passedOver: ["websocket", "x", "y"].map((transport) => ({ transport, why: "cut" })),
    },
    3,
    "live, but <websocket>, <x> and <y> can't get through here · 1.2 ms",
  ],
  [
    { ...LIVE, since: { kind: "gap", missed: 2 }, passedOver: [{ transport: "websocket", why: "cut" }] },
    0,
    "live, 2 events lost · 1.2 ms",
  ],
  [{ kind: "reconnecting", transport: "sse", inMs: 3_000, attempt: 1 }, 0, "reconnecting"],
  [{ kind: "closed", because: { kind: "superseded" } }, 0, "closed"],
];

test.for(SENTENCES)("the status of %j is a sentence", ([state, replayed, words]) => {
  const status = statusOf(state, { titleOf: (name) => `<${name}>`, entered: true, replayed, news: true });
  expect(status.figure === null ? status.words : `${status.words} · ${status.figure}`).toBe(words);
});

const FACTS = { titleOf: (name: string) => `<${name}>`, entered: true, replayed: 0, news: true };

const REASONS: Readonly<Record<ConnectionTrouble["kind"], string>> = {
  unreachable: "the server can't be reached",
  offline: "no network",
  origin_refused: "the server doesn't allow this address",
  refused: "the server refused the request",
  timed_out: "the server didn't answer in time",
  lost: "the connection was lost",
  draining: "the server is not available",
  busy: "the server is busy",
  bad_answer: "something other than the server answered",
};

test("each trouble is one plain sentence, in the room and before it, with the client's advice below", () => {
  for (const kind of Object.keys(REASONS) as ConnectionTrouble["kind"][]) {
    const because = { kind, message: "What happened. What to do." };
    const detail = kind === "lost" ? null : because.message;
    const reconnecting = { kind: "reconnecting", transport: "sse", inMs: 3_000, attempt: 1, because } as const;
    const connecting = { kind: "connecting", transport: "sse", because } as const;
    expect(statusOf(reconnecting, FACTS)).toMatchObject({
      words: `${REASONS[kind]}, reconnecting`,
      detail,
      tone: "bad",
    });
    expect(statusOf(reconnecting, { ...FACTS, entered: false }).words).toBe(`${REASONS[kind]}, trying again`);
    expect(statusOf(connecting, FACTS)).toMatchObject({ words: `${REASONS[kind]}, connecting…`, detail, tone: "busy" });
  }
});

test("the status of a slow first attempt says that the server has not answered yet", () => {
  const state = { kind: "connecting", transport: "sse" } as const;
  expect(statusOf(state, { ...FACTS, news: false }).words).toBe("no answer yet, still connecting…");
});

test("a long round trip is shown in seconds", () => {
  const state = { ...LIVE, since: { kind: "fresh" }, roundTripMs: 7_220 } as const;
  expect(statusOf(state, FACTS).figure).toBe("7.2 s");
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
