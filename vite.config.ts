import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { readFacts } from "./scripts/page-facts/facts.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The documents: each stands beside the main.tsx it loads. The chat's is at the root, the laboratory's in a folder. */
function pages(): string[] {
  return globSync("{,*/}main.tsx", { cwd: here("public") }).map((main) => here(`public/${main}/../index.html`));
}

export default defineConfig({
  root: here("public"),
  publicDir: "static",
  base: "./",
  // What the page says of its own sources and of browsers.
  define: { __PAGE_FACTS__: JSON.stringify(readFacts(here("."))) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: here("dist/public"),
    emptyOutDir: true,
    rolldownOptions: { input: pages() },
    // The page's policy is `default-src 'self'`: nothing may be inlined as a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The browsers named in README.md; public/older-browsers.ts has what syntax alone does not.
    target: ["chrome111", "edge111", "firefox115", "safari16.4"],
    // Names, so that a stack trace from a visitor's browser can be read.
    sourcemap: true,
  },
});
