import { defineConfig } from "vitest/config";
import { PATIENCE_MS } from "./test/support/wait.ts";

/** Tests of `npm test`: the core, the client, the wire, the protocol over memory and SQLite, a smoke test of the page. */
const CORE = [
  "test/{architecture,chat,client,wire}/**/*.test.ts",
  "test/conformance/{coverage,memory,transports}.test.ts",
  "test/log/conformance.test.ts",
  "test/browser/talk.test.ts",
];

/** More than one wait may take, so that the wait that hangs is named. It judges no speed either. */
const TIMEOUT_MS = 2.5 * PATIENCE_MS;

export default defineConfig({
  test: {
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    teardownTimeout: TIMEOUT_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    // Two cores: more workers than that only make the browser and the servers wait for one another.
    maxWorkers: 2,
    // The laboratory's naive lanes use a bare EventSource, which Node has on demand.
    execArgv: ["--experimental-eventsource"],
    projects: [
      { extends: true, test: { name: "core", include: CORE } },
      { extends: true, test: { name: "rest", include: ["test/**/*.test.ts"], exclude: CORE } },
    ],
  },
});
