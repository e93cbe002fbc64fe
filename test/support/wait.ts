import { setTimeout as pause } from "node:timers/promises";

/** How long a test waits for what must come. Long, because two cores run several servers at once; a pass never waits it out. */
export const PATIENCE_MS = 15_000;

/** Resolves to what `probe` gives as soon as that is neither null nor false. Throws, naming `what`, when it never is. */
export async function until<Value>(
  what: string,
  probe: () => Value | null | false | Promise<Value | null | false>,
  patienceMs = PATIENCE_MS,
): Promise<Value> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
    await pause(5);
  }
}

/** The promise's outcome, or an error naming `what` when it has none in time. */
export async function within<Value>(what: string, promise: Promise<Value>, patienceMs = PATIENCE_MS): Promise<Value> {
  const controller = new AbortController();
  const late = pause(patienceMs, undefined, { signal: controller.signal }).then((): never => {
    throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    controller.abort();
    late.catch(() => undefined);
  }
}

/** The pace of a load: how long a publisher rests between messages. Not a way to wait for anything. */
export function pace(ms: number): Promise<void> {
  return pause(ms);
}
