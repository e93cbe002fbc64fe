import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PURPOSES } from "../../../lab/engine/decoder/index.ts";

const css = readFileSync(new URL("../../../lab/page/wire/purposes.css", import.meta.url), "utf8");

/** Returns the color of a variable in the light and the dark theme. */
function colors(variable: string): readonly [string, string] {
  const [, light = "", dark = ""] =
    new RegExp(`--${variable}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\);`).exec(css) ?? [];
  return [light, dark];
}

/** WCAG 2.2: relative luminance. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((left, right) => left - right);
  return (high + 0.05) / (low + 0.05);
}

test.for(Object.keys(PURPOSES))("%s has enough contrast, and a line style in addition to its color", (purpose) => {
  const [text, ground] = [colors(`p-${purpose}`), colors(`p-${purpose}-ground`)];
  for (const theme of [0, 1] as const) {
    expect(text[theme]).toMatch(/^#/);
    expect(contrast(text[theme], ground[theme])).toBeGreaterThanOrEqual(4.5);
  }
  expect(css).toMatch(new RegExp(`\\.p-${purpose} \\{[^}]*--p-line: [a-z-]+;`));
});

test("all purposes have different colors and lines", () => {
  const names = Object.keys(PURPOSES);
  for (const theme of [0, 1] as const)
    expect(new Set(names.map((name) => colors(`p-${name}`)[theme])).size).toBe(names.length);
  const lines = names.map((name) => {
    const rule = new RegExp(`\\.p-${name} \\{([^}]*)\\}`).exec(css)?.[1] ?? "";
    return `${/--p-line: ([a-z-]+)/.exec(rule)?.[1]} ${/--p-thick: ([0-9a-z]+)/.exec(rule)?.[1] ?? "1px"}`;
  });
  expect(new Set(lines).size).toBe(names.length);
});
