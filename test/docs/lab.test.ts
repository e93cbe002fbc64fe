import { describe, expect, test } from "vitest";
import { LAB_LIMITS } from "../../lab/engine/control.ts";
import { isOrder } from "../../lab/engine/orders.ts";
import { CALM } from "../../lab/engine/weather.ts";
import { read } from "./support/documents.ts";

const text = read("docs/lab.md");

describe("docs/lab.md", () => {
  test("has every limit, as it is", () => {
    const number = (value: string): number => Number(value.replaceAll(",", ""));
    const rows = [...text.matchAll(/^\| `([A-Za-z]+)` \| ([\d,]+)(?: to ([\d,]+))? \|/gm)].map(
      ([, name = "", first = "", last]) => [name, last === undefined ? number(first) : [number(first), number(last)]],
    );
    // Of a seed the lowest is said too, though it is no setting.
    const limits = { ...LAB_LIMITS, seed: [0, LAB_LIMITS.seed] };
    expect(Object.fromEntries(rows)).toEqual(limits);
  });

  test("shows orders that are orders, one of each kind", () => {
    const orders = [...text.matchAll(/^\| `(\{"type".*?\})` \|/gm)].map(([, order = ""]) =>
      JSON.parse(order.replace('"weather":{…}', `"weather":${JSON.stringify(CALM)}`).replace('"…"', '"AA=="')),
    );
    for (const order of orders) expect(isOrder(order), JSON.stringify(order)).toBe(true);
    expect(orders.map(({ type }) => type)).toEqual([
      "weather",
      "cut",
      "restart",
      "stall",
      "record",
      "time",
      "raw",
      "node",
    ]);
  });
});
