/**
 * Skyrocket in a process of its own that also tells what no client can see. Driven over IPC: it sends its address, and
 * answers "heap" with the bytes in use on its heap, "collect" when its heap has been collected, "count" when it has
 * begun to count socket writes, and "writes" with how many each socket has had since.
 */
import { getHeapStatistics } from "node:v8";
import { startServer } from "../../../src/server/server.ts";
import { countWrites, ServerSockets } from "../../support/server-sockets.ts";
import { isQuestion, type Told } from "./questions.ts";

// Nothing is written by itself: no heartbeat, and no census of a crowded room.
const server = await startServer({
  rateLimit: false,
  settings: { heartbeatMs: 600_000, lingerMs: 600_000, censusFrom: 1_000 },
});
const sockets = new ServerSockets(Number(server.url.port));
let writes: number[] = [];

function tell(told: Told): void {
  process.send?.(told);
}

function count(): void {
  const open = sockets.open;
  writes = open.map(() => 0);
  open.forEach((socket, at) => {
    countWrites(socket, () => {
      writes[at] = (writes[at] ?? 0) + 1;
    });
  });
}

process.on("message", (question) => {
  if (!isQuestion(question)) return;
  switch (question) {
    case "heap":
      return tell({ type: "heap", bytes: getHeapStatistics().used_heap_size });
    case "collect":
      globalThis.gc?.();
      return tell({ type: "collect" });
    case "count":
      count();
      return tell({ type: "count" });
    case "writes":
      return tell({ type: "writes", perSocket: writes });
  }
});
process.on("disconnect", () => process.exit(0));
tell({ type: "listening", url: server.url.href });
