import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("public"),
  publicDir: "static",
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: here("dist/public"),
    emptyOutDir: true,
    // The page's policy is `default-src 'self'`: nothing may be inlined as a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Newer than the default on the CSS side: light-dark() is used as it is, not polyfilled into two themes.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Names, so that a stack trace from a visitor's browser can be read.
    sourcemap: true,
  },
});
