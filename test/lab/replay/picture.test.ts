import { expect, test } from "vitest";
import { openRunFile, runFile } from "../../../lab/engine/run-file.ts";
import { meterAt } from "../../../lab/page/model/lane-meter.ts";
import { nodesAt } from "../../../lab/page/model/node-views.ts";
import { createReplay, type Playback } from "../../../lab/page/model/playback.ts";
import { drawLane, frameOf, LanePen } from "../../../lab/page/race/lane-canvas.ts";
import { SHIPPED, type ShippedName } from "../../../lab/page/replay/shipped-runs.ts";
import { createWire } from "../../../lab/page/wire/model/wire-state.ts";
import { createPen } from "../support/pen.ts";
import { runText } from "./runs.ts";

const COLORS = { tone: "tone", ink: "ink", soft: "soft", hair: "hair", bad: "bad", ground: "ground" };
const NAMES = SHIPPED.map(({ name }) => name);
const SPANS = [200, 5_000, 20_000];

async function open(name: ShippedName): Promise<Playback> {
  return createReplay(openRunFile(await runText(name)));
}

/** All that is drawn and told of a run where its playhead stands, as text. */
function look({ run, runIndex, playhead }: Playback): string {
  const { pen, take } = createPen();
  const at = playhead.at.peek();
  const seen = run.peek().lanes.flatMap((lane) => {
    const brush = new LanePen(pen, COLORS, "6 3", 1.5, 1);
    const pictures = SPANS.flatMap((span) => {
      const painted = drawLane(runIndex.peek(), lane.lane, brush, frameOf(at, span, 800, 160));
      return [...take(), JSON.stringify(painted)];
    });
    return [...pictures, JSON.stringify(meterAt(runIndex.peek(), lane, at))];
  });
  return [...seen, JSON.stringify(nodesAt(runIndex.peek(), run.peek().lanes, at))].join("\n");
}

/** What the wire's view lists there. */
function listed(playback: Playback): string {
  const wire = createWire(playback);
  wire.refresh();
  return JSON.stringify(wire.items.peek().map(({ at, message, connection }) => [at, message, connection.number]));
}

/** Ten places, from the beginning to the end. */
function placesIn({ playhead }: Playback): readonly number[] {
  const [start, end] = [playhead.start(), playhead.end()];
  return Array.from({ length: 10 }, (_, step) => start + ((end - start) * step) / 9);
}

function lookAt(playback: Playback, at: number): string {
  playback.playhead.scrub(at);
  return look(playback);
}

test.for(NAMES)("%s: the same file draws the same picture, however one has come there", async (name) => {
  const [one, other] = [await open(name), await open(name)];
  const places = placesIn(one);
  const straight = places.map((at) => lookAt(one, at));
  expect(new Set(straight).size).toBe(places.length);
  expect(places.map((at) => lookAt(other, at))).toEqual(straight);
  expect(places.toReversed().map((at) => lookAt(one, at))).toEqual(straight.toReversed());

  const [, , third = 0] = places;
  one.playhead.scrub(places[1] ?? 0);
  one.playhead.play();
  while (one.playhead.at.peek() < third) one.playhead.advance(Math.min(33, third - one.playhead.at.peek()));
  expect(look(one)).toBe(straight[2]);
});

test.for(NAMES)("%s: its bytes are the same ones, too", async (name) => {
  const [one, other] = [await open(name), await open(name)];
  for (const playback of [one, other]) playback.playhead.scrub(playback.playhead.end() / 10);
  const begun = listed(one);
  expect(listed(other)).toBe(begun);
  one.playhead.follow();
  expect(listed(one).length).toBeGreaterThan(begun.length);
});

test.for(["tunnel", "nodes"] as const)("%s: a picture shows nothing that had not happened yet", async (name) => {
  const playback = await open(name);
  const run = playback.run.peek();
  for (const at of placesIn(playback).slice(1, -1)) {
    const past = createReplay({ ...run, entries: run.entries.filter((entry) => entry.at <= at) });
    const nodesIn = ({ runIndex }: Playback) => nodesAt(runIndex.peek(), run.lanes, at);
    expect(nodesIn(playback), `at ${at}`).toEqual(nodesIn(past));
    for (const lane of run.lanes) {
      expect(meterAt(playback.runIndex.peek(), lane, at), `${lane.transport} at ${at}`).toEqual(
        meterAt(past.runIndex.peek(), lane, at),
      );
    }
  }
});

test("the order of a file's entries makes no difference, and saving it again none either", async () => {
  const run = openRunFile(await runText("tunnel"));
  const shuffled = { ...run, entries: Map.groupBy(run.entries, ({ kind }) => kind) };
  const entries = [...shuffled.entries.values()].flat();
  const [one, saved] = [createReplay(run), createReplay(openRunFile(runFile(run)))];
  const sorted = createReplay({ ...run, entries });
  const counts = (playback: Playback): unknown =>
    run.lanes.map((lane) => meterAt(playback.runIndex.peek(), lane, playback.playhead.end()).ledger);
  expect(counts(sorted)).toEqual(counts(one));
  expect(lookAt(saved, 9_000)).toBe(lookAt(one, 9_000));
  expect(sorted.playhead.end()).toBe(one.playhead.end());
});
