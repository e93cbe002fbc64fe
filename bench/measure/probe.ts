// Loaded into a server's process before its own code (`--import`). It answers the bench's questions about CPU time and
// memory over IPC. Between questions it costs nothing: one listener on a channel that doesn't keep the process alive.
// `--expose-gc` adds one global function and does not change how or when memory is collected.
import { setImmediate as nextTurn } from "node:timers/promises";
import { getHeapSpaceStatistics } from "node:v8";

/** Objects that a full collection frees may keep others alive, which only the next one frees. */
const COLLECTIONS = 3;

process.on("message", (message) => {
  switch (message) {
    case "cpu":
      return sendCpu();
    case "resident":
      return void process.send?.({ type: "resident", rssBytes: process.memoryUsage.rss() });
    case "memory":
      return void sendMemory();
  }
});
process.channel?.unref();
// A server must not outlive the bench, however that ends. A signal lets it end its own children first.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));

function sendCpu(): void {
  const { user, system } = process.cpuUsage();
  process.send?.({ type: "cpu", total: user + system, user, system });
}

async function sendMemory(): Promise<void> {
  for (let count = 0; count < COLLECTIONS; count += 1) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ type: "memory", rssBytes: rss, heapBytes: heapUsed, youngBytes: youngGeneration() });
}

/** Returns the resident bytes of the young generation. It is empty after a collection, but keeps its pages. */
function youngGeneration(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name }) => space_name.startsWith("new_"))
    .reduce((sum, { physical_space_size }) => sum + physical_space_size, 0);
}
