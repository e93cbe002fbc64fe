import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { type Scrape, scrape } from "./support/scrape.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const ROOT = new URL("../../", import.meta.url);
const text = readFileSync(new URL("docs/deploy/grafana/dashboard.json", ROOT), "utf8");
const dashboard: { panels: readonly Panel[] } = JSON.parse(text);
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);
const NAME = /\b(?:skyrocket|process|nodejs)_[a-z_]+\b/g;

let server: RunningServer;
let seen: Scrape;
beforeAll(async () => {
  server = await startServer();
  seen = await scrape(server.url);
});
afterAll(() => server.close());

/** The metric a sample belongs to: those of a histogram have endings of their own. */
function familyOf(name: string): string {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return seen.types.get(base) === "histogram" ? base : name;
}

describe("the Grafana dashboard", () => {
  test("asks for nothing that is not in /metrics, and leaves nothing out that is", () => {
    const asked = new Set(queries.flatMap(({ expr }) => expr.match(NAME) ?? []));
    // Some have samples only with Redis.
    const samples = new Set([...seen.samples.map(({ name }) => name), ...seen.types.keys()]);
    expect([...asked].filter((name) => !samples.has(name))).toEqual([]);
    const families = new Set([...asked].map(familyOf));
    expect([...seen.types.keys()].filter((name) => !families.has(name))).toEqual([]);
  });

  test("sums up and names by labels that the metrics have", () => {
    for (const { title, expr, legendFormat } of queries) {
      const labels = new Set(
        (expr.match(NAME) ?? []).flatMap((name) =>
          seen.samples.filter((sample) => sample.name === name).flatMap((sample) => Object.keys(sample.labels)),
        ),
      );
      // Put on every sample by Prometheus itself.
      labels.add("instance");
      const used = [
        ...[...expr.matchAll(/by \(([a-z, ]+)\)/g)].flatMap(([, list = ""]) => list.split(", ")),
        ...[...legendFormat.matchAll(/\{\{([a-z]+)\}\}/g)].map(([, label = ""]) => label),
      ];
      expect(
        used.filter((label) => !labels.has(label)),
        title,
      ).toEqual([]);
    }
  });

  test("takes a rate of what counts and of nothing else", () => {
    for (const { expr } of queries) {
      for (const [, name = ""] of expr.matchAll(/(?:rate|increase)\(([a-z_]+)/g))
        expect(seen.types.get(familyOf(name)), expr).toMatch(/^(counter|histogram)$/);
      const bare = expr.replaceAll(/(?:rate|increase)\([^)]*\)/g, "").match(NAME) ?? [];
      for (const name of bare) expect(seen.types.get(name), expr).toBe("gauge");
    }
  });

  test("has panels that do not lie on one another", () => {
    const fields = dashboard.panels.flatMap(({ title, gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => ({ title, place: `${x + (n % w)}/${y + Math.floor(n / w)}` })),
    );
    expect(new Set(fields.map(({ place }) => place)).size).toBe(fields.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});

test("docs/operations.md has every metric with its type, and none that there is not", () => {
  const page = readFileSync(new URL("docs/operations.md", ROOT), "utf8");
  const rows = [...page.matchAll(/^\| `((?:skyrocket|process|nodejs)_[a-z_]+)`[^|]*\| (\w+) \|/gm)];
  expect(Object.fromEntries(rows.map(([, name, type]) => [name, type]))).toEqual(Object.fromEntries(seen.types));
});
