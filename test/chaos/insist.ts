import { setTimeout as pause } from "node:timers/promises";

const EVERY_MS = 150;

/** Tries until it succeeds, through restarts of the server. Rejects with the last error after `patienceMs`. */
export async function insist<Value>(task: () => Promise<Value>, patienceMs = 120_000): Promise<Value> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(EVERY_MS);
    }
  }
}
