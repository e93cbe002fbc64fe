import { expect, test } from "vitest";
import { openRunFile, runFile } from "../../../lab/engine/run-file.ts";
import { meterAt } from "../../../lab/page/model/meter.ts";
import { createReplay } from "../../../lab/page/model/replay.ts";
import type { Show } from "../../../lab/page/model/show.ts";
import { Brush, frameOf } from "../../../lab/page/race/brush.ts";
import { paintLane } from "../../../lab/page/race/paint.ts";
import { SHIPPED, type ShippedName } from "../../../lab/page/replay/shipped.ts";
import { createWire } from "../../../lab/page/wire/model/wire.ts";
import { createPen } from "../support/pen.ts";
import { runText } from "./runs.ts";

const INKS = { tone: "tone", ink: "ink", soft: "soft", hair: "hair", bad: "bad", ground: "ground" };
const NAMES = SHIPPED.map(({ name }) => name);
const SPANS = [200, 5_000, 20_000];

async function open(name: ShippedName): Promise<Show> {
  return createReplay(openRunFile(await runText(name)));
}

/** All that is drawn and told of a run where its playhead stands, as text. */
function look({ run, story, playhead }: Show): string {
  const { pen, take } = createPen();
  const at = playhead.at.peek();
  const seen = run.peek().lanes.flatMap((lane) => {
    const brush = new Brush(pen, INKS, "6 3", 1.5, 1);
    const pictures = SPANS.flatMap((span) => {
      const painted = paintLane(story.peek(), lane.lane, brush, frameOf(at, span, 800, 160));
      return [...take(), JSON.stringify(painted)];
    });
    return [...pictures, JSON.stringify(meterAt(story.peek(), lane, at))];
  });
  return seen.join("\n");
}

/** What the wire's view lists there. */
function listed(show: Show): string {
  const wire = createWire(show);
  wire.refresh();
  return JSON.stringify(wire.items.peek().map(({ at, passage, connection }) => [at, passage, connection.number]));
}

/** Ten places, from the beginning to the end. */
function placesIn({ playhead }: Show): readonly number[] {
  const [start, end] = [playhead.start(), playhead.end()];
  return Array.from({ length: 10 }, (_, step) => start + ((end - start) * step) / 9);
}

function lookAt(show: Show, at: number): string {
  show.playhead.scrub(at);
  return look(show);
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
  for (const show of [one, other]) show.playhead.scrub(show.playhead.end() / 10);
  const begun = listed(one);
  expect(listed(other)).toBe(begun);
  one.playhead.follow();
  expect(listed(one).length).toBeGreaterThan(begun.length);
});

test("a picture shows nothing that had not happened yet", async () => {
  const show = await open("tunnel");
  const run = show.run.peek();
  for (const at of placesIn(show).slice(1, -1)) {
    const past = createReplay({ ...run, entries: run.entries.filter((entry) => entry.at <= at) });
    for (const lane of run.lanes) {
      expect(meterAt(show.story.peek(), lane, at), `${lane.transport} at ${at}`).toEqual(
        meterAt(past.story.peek(), lane, at),
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
  const counts = (show: Show): unknown =>
    run.lanes.map((lane) => meterAt(show.story.peek(), lane, show.playhead.end()).ledger);
  expect(counts(sorted)).toEqual(counts(one));
  expect(lookAt(saved, 9_000)).toBe(lookAt(one, 9_000));
  expect(sorted.playhead.end()).toBe(one.playhead.end());
});
