import { globSync, readFileSync } from "node:fs";

/** Root of the repository, as a file URL ending in a slash. */
export const ROOT = new URL("../../../", import.meta.url);

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** Every Markdown document of the project, by its path from the root. */
export function markdownPaths(): readonly string[] {
  return globSync(["*.md", "docs/**/*.md", "src/**/*.md"], { cwd: ROOT }).sort();
}
