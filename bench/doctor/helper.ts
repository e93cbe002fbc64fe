/**
 * A process that helps the doctor. `helper.ts clock` answers every message with its monotonic clock. `helper.ts burn
 * <threads> <seconds>` keeps its CPUs busy: the more threads, the less time another process on them gets. It ends by
 * itself, so that nothing keeps running if the doctor is interrupted.
 */
import { Worker } from "node:worker_threads";

const [task, ...rest] = process.argv.slice(2);
switch (task) {
  case "clock":
    // IPC has no bigint.
    process.on("message", () => process.send?.(String(process.hrtime.bigint())));
    process.on("disconnect", () => process.exit(0));
    break;
  case "burn":
    burn(Number(rest[0]), Number(rest[1]));
    break;
  default:
    throw new RangeError("usage: helper.ts clock | burn <threads> <seconds>");
}

/** Sends "burning" when all threads are running. */
function burn(threads: number, seconds: number): void {
  if (!(threads > 0 && seconds > 0)) throw new RangeError("usage: helper.ts burn <threads> <seconds>");
  const loop = `const end = performance.now() + ${seconds * 1_000}; while (performance.now() < end) {}`;
  const workers = Array.from({ length: threads }, () => new Worker(loop, { eval: true }));
  let online = 0;
  for (const worker of workers) {
    worker.once("online", () => {
      online += 1;
      if (online === threads) process.send?.("burning");
    });
  }
}
