// Loaded before a server's own code (`--import`): answers what only the process itself can tell. Until it is asked it
// costs nothing: one listener on a channel that doesn't keep the process alive. `--expose-gc` adds one global function
// and changes nothing of how or when memory is collected otherwise.
import { setImmediate as nextTurn } from "node:timers/promises";
import { getHeapSpaceStatistics } from "node:v8";

/** What a full collection sets free may hold more, which only the next one finds. */
const COLLECTIONS = 3;

process.on("message", (message) => {
  switch (message) {
    case "cpu":
      return tellCpu();
    case "resident":
      return void process.send?.({ type: "resident", rssBytes: process.memoryUsage.rss() });
    case "memory":
      return void tellMemory();
  }
});
process.channel?.unref();
// A server never outlives the bench, in whatever way that ends; by a signal, so that it can end what it has started itself.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));

function tellCpu(): void {
  const { user, system } = process.cpuUsage();
  process.send?.({ type: "cpu", total: user + system, user, system });
}

async function tellMemory(): Promise<void> {
  for (let count = 0; count < COLLECTIONS; count += 1) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ type: "memory", rssBytes: rss, heapBytes: heapUsed, youngBytes: youngGeneration() });
}

/** After a collection it is empty, but its pages are kept for what is allocated next. */
function youngGeneration(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name }) => space_name.startsWith("new_"))
    .reduce((sum, { physical_space_size }) => sum + physical_space_size, 0);
}
