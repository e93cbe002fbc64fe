import { setTimeout as pause } from "node:timers/promises";

const PAUSE_MS = 150;

/** Repeats `task` until it succeeds. Rejects with the last error after `timeoutMs`. */
export async function retryUntilSuccess<Value>(task: () => Promise<Value>, timeoutMs = 120_000): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(PAUSE_MS);
    }
  }
}
