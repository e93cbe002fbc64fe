import { setTimeout as pause } from "node:timers/promises";

/**
 * Only ends a hang: on a busy machine a test may take many times longer than on a quiet one. A passing test never waits
 * this long. `npm run mutations` sets a shorter one, because many of its tests fail by waiting.
 */
export const PATIENCE_MS = Number(process.env["TEST_PATIENCE_MS"] ?? 120_000);

/** Resolves to the first result of `probe` that is neither null nor false. Throws, naming `what`, after `patienceMs`. */
export async function until<Value>(
  what: string,
  probe: () => Value | null | false | Promise<Value | null | false>,
  patienceMs = PATIENCE_MS,
): Promise<Value> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`timed out after ${patienceMs} ms waiting for ${what}`);
    await pause(5);
  }
}

/** Settles like `promise`. Throws, naming `what`, when that has not happened after `patienceMs`. */
export async function within<Value>(what: string, promise: Promise<Value>, patienceMs = PATIENCE_MS): Promise<Value> {
  const controller = new AbortController();
  const late = pause(patienceMs, undefined, { signal: controller.signal }).then((): never => {
    throw new Error(`timed out after ${patienceMs} ms waiting for ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    controller.abort();
    late.catch(() => undefined);
  }
}

/** Pauses between two steps of a load, such as messages. Don't use it to wait for something: see `until`. */
export function pace(ms: number): Promise<void> {
  return pause(ms);
}
