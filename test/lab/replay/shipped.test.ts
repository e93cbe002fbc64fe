import { expect, test } from "vitest";
import { fromBase64, latin1 } from "../../../lab/engine/decoder/bytes.ts";
import { openRunFile, runFile } from "../../../lab/engine/run-file.ts";
import { ledgerAt } from "../../../lab/page/model/lane-meter.ts";
import { changesOf, type NodeView, nodesAt, stateWords } from "../../../lab/page/model/node-views.ts";
import { createReplay } from "../../../lab/page/model/playback.ts";
import { outcomeOf, sizeOf } from "../../../lab/page/replay/run-text.ts";
import { SHIPPED } from "../../../lab/page/replay/shipped-runs.ts";
import { factsOf, SCRIPTS } from "../../../scripts/recorded-runs.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { runText } from "./runs.ts";

const MOST_BYTES = 300 * 1_024;

test.for(SHIPPED)("$name is what the page says of it", async ({ name, title, facts }) => {
  const text = await runText(name);
  const run = openRunFile(text);
  expect(factsOf(text)).toEqual(facts);
  expect(run.title).toBe(title);
  expect(run.lanes.map(({ transport }) => transport)).toEqual(
    clientTransports.map(({ name: each }) => each).toReversed(),
  );
  expect(run.lanes.every(({ naive }) => naive === (name === "naive"))).toBe(true);
  expect(facts.bytes).toBeLessThan(MOST_BYTES);
  SCRIPTS[name].check(facts);
});

test.for(SHIPPED)("$name holds no session", async ({ name }) => {
  const text = await runText(name);
  const run = openRunFile(text);
  expect(runFile(run)).toBe(text);
  const up = run.entries
    .flatMap((entry) => (entry.kind === "bytes" ? [latin1(fromBase64(entry.base64))] : []))
    .join("");
  const sessions = [...up.matchAll(/[?&]session=([^&\s]+)/g)].map(([, session = ""]) => session);
  expect(sessions.length).toBeGreaterThan(4);
  expect(sessions.filter((session) => !/^x+$/.test(session))).toEqual([]);
});

test("the same weather, from the same seed, met careful and naive clients", async () => {
  const [careful, naive] = [openRunFile(await runText("tunnel")), openRunFile(await runText("naive"))];
  const weathers = (run: typeof careful): unknown =>
    run.entries.flatMap((entry) => (entry.kind === "weather" ? [[entry.preset, entry.weather]] : []));
  expect(naive.seed).toBe(careful.seed);
  expect(weathers(naive)).toEqual(weathers(careful));
});

test("a node dies and another is cut off, each with a lane, and both come back", async () => {
  const { runIndex, run, playhead } = createReplay(openRunFile(await runText("nodes")));
  const changes = changesOf(runIndex.peek().nodes);
  expect(changes.map(({ says }) => says)).toEqual([
    "Node 2 ended",
    "Node 2 started",
    "Node 3 cut from Redis",
    "Node 3 reconnected",
  ]);
  const [ended, , cut, reconnected] = changes.map(({ at }) => at);
  const at = (time = 0): readonly NodeView[] => nodesAt(runIndex.peek(), run.peek().lanes, time);
  expect(at(ended).map(({ state }) => stateWords(state))[1]).toBe("not running");
  expect(at((ended ?? 0) - 100)[1]?.lanes.map(({ transport }) => transport)).toEqual(["long-polling"]);
  expect(at(cut)[2]?.lanes.map(({ transport }) => transport)).toContain("sse");
  // It notices while it is cut off, and then gets no request.
  const words = at((reconnected ?? 0) - 100).map(({ state }) => stateWords(state));
  expect(words[2]).toBe("cut from Redis, gets no requests");
  expect(at(playhead.end()).map(({ state }) => stateWords(state))).toEqual(["ready", "ready", "ready"]);
  for (const lane of run.peek().lanes) {
    const { lost, duplicated, reordered } = ledgerAt(runIndex.peek(), lane, playhead.end());
    expect([lane.transport, lost, duplicated, reordered]).toEqual([lane.transport, 0, 0, 0]);
  }
});

test("words for how it ends, and for its size", () => {
  const lane = (transport: string, lost: number) => ({ transport, sent: 20, received: 20 - lost, lost });
  const facts = { durationMs: 44_248, bytes: 114_249, lanes: [lane("sse", 0), lane("websocket", 0)] };
  expect(sizeOf(facts)).toBe("44 s · 114 kB");
  expect(outcomeOf(facts)).toBe("No lane loses any of the 20 messages.");
  expect(outcomeOf({ ...facts, lanes: [lane("sse", 3), lane("websocket", 0)] })).toBe("Lost of 20 messages: SSE 3.");
});
