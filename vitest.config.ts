import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: more workers than that only make the browser and the servers wait for one another.
    maxWorkers: 2,
    // The laboratory's naive lanes use a bare EventSource, which Node has on demand.
    execArgv: ["--experimental-eventsource"],
  },
});
