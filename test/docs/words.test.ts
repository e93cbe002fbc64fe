import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT, read } from "./support/documents.ts";

/** A page that is too long is not read. New text replaces old text. */
const MOST_WORDS = 25_000;

test("the documents have at most 25,000 words together", () => {
  const paths = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT }).sort();
  const counts = paths.map((path) => ({
    path,
    words: read(path)
      .split(/\s+/)
      .filter((word) => word !== "").length,
  }));
  const total = counts.reduce((sum, { words }) => sum + words, 0);
  expect(counts.length).toBeGreaterThan(20);
  expect(total, counts.map(({ path, words }) => `${words} ${path}`).join("\n")).toBeLessThanOrEqual(MOST_WORDS);
});
