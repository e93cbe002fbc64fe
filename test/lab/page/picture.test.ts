import { expect, test } from "vitest";
import type { Stroke } from "../../../lab/page/model/story/parts.ts";
import { Brush, frameOf } from "../../../lab/page/race/brush.ts";
import { MOST, sampled } from "../../../lab/page/race/sample.ts";
import { words } from "../../../lab/page/race/words.ts";
import { createPen } from "../support/pen.ts";

const INKS = { tone: "tone", ink: "ink", soft: "soft", hair: "hair", bad: "bad", ground: "ground" };

function stroke(at: number, direction: "up" | "down", label: string): Stroke {
  return { at, connection: 1, direction, from: at, to: at, bytes: 1, label, messages: [] };
}

/** The words that are drawn of these strokes, 1 ms being 1 px and a letter 6 px wide. */
function drawn(...strokes: readonly Stroke[]): readonly string[] {
  const { pen, take } = createPen();
  words(new Brush(pen, INKS, "", 1, 1), frameOf(800, 800, 800, 160), strokes);
  return take().flatMap((line) => /^fillText\((\w+),/.exec(line)?.[1] ?? []);
}

test("a request and its answer have a word each, one above the other", () => {
  expect(drawn(stroke(100, "up", "GET"), stroke(102, "down", "200"))).toEqual(["GET", "200"]);
});

test("a word that would lie across the next stroke is left out, whichever way that goes", () => {
  for (const [one, other] of [["up", "down"] as const, ["down", "down"] as const]) {
    expect(drawn(stroke(100, one, "OPTIONS"), stroke(120, other, "event"))).toEqual(["event"]);
    expect(drawn(stroke(100, one, "OPTIONS"), stroke(160, other, "event"))).toEqual(["OPTIONS", "event"]);
  }
});

test("words do not lie upon one another, nor beyond the end", () => {
  expect(drawn(stroke(100, "up", "GET"), stroke(103, "up", "POST"))).toEqual(["GET"]);
  expect(drawn(stroke(900, "up", "GET"))).toEqual([]);
});

test("of more than can be seen every so many are drawn, the same ones while the picture moves", () => {
  const items = Array.from({ length: 1_000 }, (_, at) => ({ at }));
  expect(sampled(items, 0, 99)).toEqual({ items: items.slice(0, 100), there: 100 });
  const { items: some, there } = sampled(items, 0, 899);
  expect(there).toBe(900);
  expect(some.length).toBeLessThanOrEqual(MOST);
  const moved = sampled(items, 10, 905).items;
  expect(moved.filter(({ at }) => at < 900)).toEqual(some.filter(({ at }) => at >= 10));
});
