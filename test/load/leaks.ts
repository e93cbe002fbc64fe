import { until } from "../support/wait.ts";
import { Crowd, Speaker } from "./crowd.ts";
import { type Counts, LoadServer } from "./load-server.ts";

/** Growth that is allowed from the second cycle to the last, as shares. The first cycle fills caches and compiles code. */
export const BOUNDS = { heap: 0.05, rss: 0.15 } as const;
/** A crowd's last timers, such as that of the census after it has left, fire within this time. */
const QUIET_MS = 15_000;

/** With these, the first cycle fills the room's log, which then grows no more. */
const SETTINGS = { censusEveryMs: 500, lingerMs: 600_000, replayEvents: 150 } as const;

export interface Cycle {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

export interface LeakReport {
  readonly transport: string;
  readonly connections: number;
  readonly cycles: readonly Cycle[];
  /** Growth from the second cycle to the last, as shares. */
  readonly heapGrowth: number;
  readonly rssGrowth: number;
  readonly failures: readonly string[];
}

/** Connects many readers to a new server, publishes, and disconnects them all, several times. What stays behind is a leak. */
export async function lookForLeaks(transport: string, connections: number, cycles: number): Promise<LeakReport> {
  await using server = await LoadServer.start({ settings: SETTINGS });
  const seen: Cycle[] = [];
  const failures: string[] = [];
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    const speaker = await Speaker.open(server.url);
    const crowd = new Crowd(transport, server.url);
    await crowd.join(connections);
    await crowd.untilReceived(await speaker.speak());
    await crowd.leave();
    await speaker.leave();
    failures.push(...crowd.faults);
    const left = await untilEmpty(server);
    if (left !== null) failures.push(`after cycle ${cycle} the server still counts ${JSON.stringify(left)}`);
    const { heapBytes, rssBytes } = await server.memory();
    seen.push({ heapBytes: heapBytes ?? 0, rssBytes });
  }
  const [, second] = seen;
  const last = seen.at(-1);
  if (second === undefined || last === undefined) throw new RangeError("leaks are looked for in two cycles or more");
  const heapGrowth = last.heapBytes / second.heapBytes - 1;
  const rssGrowth = last.rssBytes / second.rssBytes - 1;
  if (heapGrowth > BOUNDS.heap) failures.push(`the heap grew by ${share(heapGrowth)}, more than ${share(BOUNDS.heap)}`);
  if (rssGrowth > BOUNDS.rss)
    failures.push(`resident memory grew by ${share(rssGrowth)}, more than ${share(BOUNDS.rss)}`);
  return { transport, connections, cycles: seen, heapGrowth, rssGrowth, failures };
}

export function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

/** Resolves to null when only the room is left, whose log is kept; after `QUIET_MS`, to what else is left. */
async function untilEmpty(server: LoadServer): Promise<Counts | null> {
  let counts = await server.counts();
  const isEmpty = async (): Promise<boolean> => {
    counts = await server.counts();
    return counts.connections === 0 && counts.sessions === 0 && counts.timers === 0;
  };
  return until("the server to be empty", isEmpty, QUIET_MS).then(
    () => null,
    () => counts,
  );
}
