import { existsSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { describe, expect, test } from "vitest";
import { markdownPaths, ROOT, read } from "./support/documents.ts";

describe("links between documents", () => {
  test.for(markdownPaths())("of %s lead somewhere", (path) => {
    for (const target of targetsIn(read(path))) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const there = file === "" ? path : join(dirname(path), file);
      expect(existsSync(new URL(there, ROOT)), `${path} links to ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(read(there)), `${path} links to ${target}`).toContain(anchor);
    }
  });
});

/** Targets of links and pictures, outside of code. */
function targetsIn(markdown: string): readonly string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)];
  const pictures = [...prose.matchAll(/(?:src|srcset|href)="([^"]+)"/g)];
  return [...links, ...pictures].map(([, target = ""]) => target);
}

/** What headings can be linked by, as GitHub makes it. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
