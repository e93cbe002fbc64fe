import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../measure/server-process.ts";

/** Often enough to meet a peak of some seconds, seldom enough to cost nothing beside a server at work. */
const SAMPLE_MS = 250;

/** Does `work` and watches the server's resident bytes meanwhile, without collecting its garbage. */
export async function peakResident<Result>(
  server: Pick<ServerProcess, "resident">,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly peakBytes: number }> {
  const done = new AbortController();
  const watching = watch(server, done.signal);
  try {
    const result = await work();
    done.abort();
    return { result, peakBytes: await watching };
  } finally {
    done.abort();
    await watching.catch(() => {});
  }
}

async function watch(server: Pick<ServerProcess, "resident">, signal: AbortSignal): Promise<number> {
  let peak = await server.resident();
  while (!signal.aborted) {
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => {});
    peak = Math.max(peak, await server.resident());
  }
  return peak;
}
