import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { readFacts } from "./scripts/page-facts/facts.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Two builds: the chat's page, and with `--mode lab` the laboratory's, in a folder of its own below it. */
export default defineConfig(({ mode }) => ({
  root: here(mode === "lab" ? "lab/page" : "public"),
  publicDir: "static",
  base: "./",
  // What the page says of its own sources and of browsers.
  define: { __PAGE_FACTS__: JSON.stringify(readFacts(here("."))) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: here(mode === "lab" ? "dist/public/lab" : "dist/public"),
    emptyOutDir: true,
    // The page's policy is `default-src 'self'`: nothing may be inlined as a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The browsers named in README.md; public/older-browsers.ts has what syntax alone does not.
    target: ["chrome111", "edge111", "firefox115", "safari16.4"],
    // Names, so that a stack trace from a visitor's browser can be read.
    sourcemap: true,
  },
}));
