import { type RunningServer, startServer } from "../../src/server/server.ts";
import { isOrder, type Report } from "./server-process.ts";
import { CHAOS_SETTINGS } from "./settings.ts";

// The server of a chaos run, a process of its own so that it can be killed. Arguments: port, and a Redis or SQLite file.

const [port, place] = process.argv.slice(2);
if (port === undefined || place === undefined) throw new Error("The server of a chaos run takes a port and a store.");

let jumpedMs = 0;
const server: RunningServer = await startServer({
  port: Number(port),
  store: place.startsWith("redis:")
    ? { kind: "redis", url: place, prefix: "chaos", durability: "process" }
    : { kind: "sqlite", file: place },
  settings: CHAOS_SETTINGS,
  log: "error",
  now: () => Date.now() + jumpedMs,
});

function report(report: Report): void {
  process.send?.(report);
}

process.on("message", (order) => {
  if (!isOrder(order)) return;
  switch (order.kind) {
    case "block":
      // Blocks without using the CPU that the clients need.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.forMs);
      return;
    case "jump":
      jumpedMs += order.byMs;
      return;
    case "count": {
      const { connections, sessions } = server.counts;
      report({ kind: "counts", connections, sessions, rssBytes: process.memoryUsage.rss() });
      return;
    }
  }
});
process.on("SIGTERM", () => void server.drain().finally(() => process.exit(0)));
// The run has ended.
process.on("disconnect", () => process.exit(0));
report({ kind: "listening" });
