import { type RunningServer, startServer } from "../../src/server/server.ts";
import { isOrder, type Report } from "./server-process.ts";
import { CHAOS_SETTINGS } from "./settings.ts";

// The server of a chaos run, in its own process so that it can be killed. Arguments: its port, and its store: the address of
// a Redis, or the path of a SQLite file.

const [port, store] = process.argv.slice(2);
if (port === undefined || store === undefined) throw new Error("The server of a chaos run takes a port and a store.");

let jumpedMs = 0;
const server: RunningServer = await startServer({
  port: Number(port),
  store: store.startsWith("redis:")
    ? { kind: "redis", url: store, prefix: "chaos", durability: "process" }
    : { kind: "sqlite", file: store },
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
