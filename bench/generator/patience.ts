import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when `done` does or after `ms`, whichever is first. Throws the reason of `broken` when that aborts before. */
export async function patiently(done: Promise<void>, ms: number, broken: AbortSignal): Promise<void> {
  broken.throwIfAborted();
  const over = new AbortController();
  const patience = sleep(ms, undefined, { signal: AbortSignal.any([over.signal, broken]) }).catch(() => {});
  await Promise.race([done, patience]);
  over.abort();
  broken.throwIfAborted();
}
