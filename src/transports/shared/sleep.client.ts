import { LinkError, type Platform } from "../contract.ts";

/** Resolves after `ms`, at once for 0. Rejects with LinkError when the signal is aborted first. */
export async function sleep(platform: Platform, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(new LinkError("The wait was given up.", { cause: signal.reason }));
  if (signal.aborted) onAbort();
  else if (ms <= 0) return;
  signal.addEventListener("abort", onAbort);
  const cancel = platform.schedule(resolve, ms);
  try {
    await promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}
