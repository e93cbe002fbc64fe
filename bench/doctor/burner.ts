// Keeps one CPU busy with so many threads that a process beside them waits its turn for long: what starves a generator.
// Ends by itself, so that nothing is left running when the doctor is interrupted.
import { Worker } from "node:worker_threads";

const THREADS = Number(process.argv[2]);
const SECONDS = Number(process.argv[3]);
if (!(THREADS > 0 && SECONDS > 0)) throw new RangeError("usage: burner.ts <threads> <seconds>");

const BURN = `const end = performance.now() + ${SECONDS * 1_000}; while (performance.now() < end) {}`;

const workers = Array.from({ length: THREADS }, () => new Worker(BURN, { eval: true }));
let online = 0;
for (const worker of workers) {
  worker.once("online", () => {
    online += 1;
    if (online === THREADS) process.send?.("burning");
  });
}
