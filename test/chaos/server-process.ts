import { type RunningServer, startServer } from "../../src/server/server.ts";
import { isOrder, type Told } from "./server-talk.ts";
import { CHAOS_SETTINGS } from "./settings.ts";

// The server under chaos, in a process of its own so that it can be killed. Arguments: port, SQLite file.

const [port, file] = process.argv.slice(2);
if (port === undefined || file === undefined) throw new Error("The server of a chaos run takes a port and a file.");

let jumpedMs = 0;
const server: RunningServer = await startServer({
  port: Number(port),
  store: { kind: "sqlite", file },
  settings: CHAOS_SETTINGS,
  log: "error",
  now: () => Date.now() + jumpedMs,
});

function tell(told: Told): void {
  process.send?.(told);
}

process.on("message", (order) => {
  if (!isOrder(order)) return;
  switch (order.kind) {
    case "block":
      // Stands still without using the processor that the clients need.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.forMs);
      return;
    case "jump":
      jumpedMs += order.byMs;
      return;
    case "count": {
      const { connections, sessions } = server.counts;
      tell({ kind: "counts", connections, sessions, rssBytes: process.memoryUsage.rss() });
      return;
    }
  }
});
process.on("SIGTERM", () => void server.drain().finally(() => process.exit(0)));
// Nobody is left to ask anything of it.
process.on("disconnect", () => process.exit(0));
tell({ kind: "listening" });
