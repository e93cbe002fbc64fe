import { expect, test } from "vitest";
import { fromBase64, latin1 } from "../../../lab/engine/decoder/bytes.ts";
import { openRunFile, runFile } from "../../../lab/engine/run-file.ts";
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

test("words for how it ends, and for its size", () => {
  const lane = (transport: string, lost: number) => ({ transport, sent: 20, received: 20 - lost, lost });
  const facts = { durationMs: 44_248, bytes: 114_249, lanes: [lane("sse", 0), lane("websocket", 0)] };
  expect(sizeOf(facts)).toBe("44 s · 114 kB");
  expect(outcomeOf(facts)).toBe("No lane loses any of the 20 messages.");
  expect(outcomeOf({ ...facts, lanes: [lane("sse", 3), lane("websocket", 0)] })).toBe("Lost of 20 messages: SSE 3.");
});
