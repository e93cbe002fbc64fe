import { defineConfig } from "vitest/config";
import everyday from "./vitest.config.ts";

/** `npm run test:proxies`: all tests that have to do with proxies and foreign clients, the long ones too. */
export default defineConfig({
  test: { ...everyday.test, include: ["test/{proxies,clients}/**/*.{test,long}.ts"] },
});
