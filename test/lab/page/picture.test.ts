import { expect, test } from "vitest";
import type { Transfer } from "../../../lab/page/model/run-records.ts";
import { drawLabels, frameOf, LanePen, MOST_DRAWN, sampled } from "../../../lab/page/race/lane-canvas.ts";
import { createPen } from "../support/pen.ts";

const COLORS = { tone: "tone", ink: "ink", soft: "soft", hair: "hair", bad: "bad", ground: "ground" };

function transfer(at: number, direction: "up" | "down", label: string): Transfer {
  return { at, connection: 1, direction, from: at, to: at, bytes: 1, label, messages: [] };
}

/** The words that are drawn of these strokes, 1 ms being 1 px and a letter 6 px wide. */
function drawn(...strokes: readonly Transfer[]): readonly string[] {
  const { pen, take } = createPen();
  drawLabels(new LanePen(pen, COLORS, "", 1, 1), frameOf(800, 800, 800, 160), strokes);
  return take().flatMap((line) => /^fillText\((\w+),/.exec(line)?.[1] ?? []);
}

test("a request and its answer have a word each, one above the other", () => {
  expect(drawn(transfer(100, "up", "GET"), transfer(102, "down", "200"))).toEqual(["GET", "200"]);
});

test("a word that would lie across the next transfer is left out, whichever way that goes", () => {
  for (const [one, other] of [["up", "down"] as const, ["down", "down"] as const]) {
    expect(drawn(transfer(100, one, "OPTIONS"), transfer(120, other, "event"))).toEqual(["event"]);
    expect(drawn(transfer(100, one, "OPTIONS"), transfer(160, other, "event"))).toEqual(["OPTIONS", "event"]);
  }
});

test("words do not lie upon one another, nor beyond the end", () => {
  expect(drawn(transfer(100, "up", "GET"), transfer(103, "up", "POST"))).toEqual(["GET"]);
  expect(drawn(transfer(900, "up", "GET"))).toEqual([]);
});

test("of more than can be seen every so many are drawn, the same ones while the picture moves", () => {
  const items = Array.from({ length: 1_000 }, (_, at) => ({ at }));
  expect(sampled(items, 0, 99)).toEqual({ items: items.slice(0, 100), total: 100 });
  const { items: some, total } = sampled(items, 0, 899);
  expect(total).toBe(900);
  expect(some.length).toBeLessThanOrEqual(MOST_DRAWN);
  const moved = sampled(items, 10, 905).items;
  expect(moved.filter(({ at }) => at < 900)).toEqual(some.filter(({ at }) => at >= 10));
});
