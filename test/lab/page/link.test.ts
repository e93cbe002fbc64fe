import { expect, test } from "vitest";
import {
  createRaceSettings,
  type LinkedRace,
  labRequestIn,
  queryOf,
  spanFor,
} from "../../../lab/page/model/race-settings.ts";

const PLAIN: LinkedRace = {
  weather: null,
  seed: 1,
  lanes: [
    { lane: 0, transport: "sse", naive: false },
    { lane: 1, transport: "websocket", naive: false },
  ],
  speaker: -1,
  spanMs: spanFor(1),
  hidden: [],
  perSecond: 2,
};

test("what is as it is at the beginning is not in the address", () => {
  expect(queryOf(PLAIN)).toBe("");
});

test("what the address says is set again", () => {
  const lanes = PLAIN.lanes.map((lane) => ({ ...lane, naive: lane.lane === 1 }));
  const query = new URLSearchParams(
    queryOf({
      weather: "train-tunnel",
      seed: 7,
      lanes,
      speaker: 0,
      spanMs: spanFor(0.1),
      hidden: ["sse"],
      perSecond: 50,
    }),
  );
  expect(labRequestIn(query)).toEqual({ preset: "train-tunnel", seed: 7, naive: ["websocket"], speaker: "sse" });
  const settings = createRaceSettings(query);
  expect([settings.spanMs.value, settings.hidden.value, settings.perSecond.value]).toEqual([spanFor(0.1), ["sse"], 50]);
});

test.for(["-1", "1.5", "4294967296", "x"])("a seed that is none is 1: %s", (seed) => {
  expect(labRequestIn(new URLSearchParams({ seed })).seed).toBe(1);
});

test("what is no choice of the page's is left as it is", () => {
  const settings = createRaceSettings(new URLSearchParams("span=17&rate=999999"));
  expect([settings.spanMs.value, settings.perSecond.value]).toEqual([spanFor(1), 2]);
});
