/** CPU time and memory of a process and its descendants, from `/proc`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** CPU time used so far, in microseconds. The total may miss threads that have ended: see `readCpuTime`. */
export interface CpuTime {
  readonly total: number;
  readonly user: number;
  readonly system: number;
}

/** The kernel's unit in `/proc/PID/stat`: USER_HZ, 100 on every Linux that Node supports. */
const MICROSECONDS_PER_TICK = 10_000;
const NONE: CpuTime = { total: 0, user: 0, system: 0 };

/** Whether a process can read another's CPU time here. If not, ask the process itself. */
export const canReadOthers = existsSync("/proc/self/task");

/** Returns the CPU time of a process and its running descendants. Throws if the process itself has ended. */
export function readTreeCpuTime(root: number): CpuTime {
  if (statOf(root) === null) throw new Error(`process ${root} has ended; its CPU time can't be read`);
  return processTree(root)
    .map(readCpuTime)
    .reduce((sum, { total, user, system }) => ({
      total: sum.total + total,
      user: sum.user + user,
      system: sum.system + system,
    }));
}

/**
 * Returns one process's CPU time from `/proc`; zeros if it has ended. If the kernel has schedstat, the total is exact to
 * the nanosecond but leaves out threads that have ended. User and system time include those, but are counted in ticks of
 * 10 ms, so their split is imprecise in a short window.
 */
export function readCpuTime(pid: number): CpuTime {
  const fields = statOf(pid);
  if (fields === null) return NONE;
  const user = Number(fields[USER_TICKS]) * MICROSECONDS_PER_TICK;
  const system = Number(fields[SYSTEM_TICKS]) * MICROSECONDS_PER_TICK;
  return { total: scheduled(pid) ?? user + system, user, system };
}

/** Returns the CPU time between two readings. User and system are scaled to the exact total; 0 without a tick. */
export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  const total = after.total - before.total;
  const user = after.user - before.user;
  const system = after.system - before.system;
  const scale = user + system > 0 ? total / (user + system) : 0;
  return { total, user: user * scale, system: system * scale };
}

/** Returns the on-CPU time, summed over the process's living threads, in microseconds; null without schedstat. */
function scheduled(pid: number): number | null {
  if (!existsSync(`/proc/${pid}/schedstat`)) return null;
  let nanoseconds = 0;
  for (const task of whileRunning(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
    const times = readWhileRunning(`/proc/${pid}/task/${task}/schedstat`);
    if (times !== null) nanoseconds += Number(times.split(" ")[0]);
  }
  return nanoseconds / 1_000;
}

/** Memory of a server after garbage collection, without the kernel's part, about 4 KB per socket. */
export interface Memory {
  /** Resident bytes of the whole process tree; without `canReadOthers`, of the process alone. */
  readonly rssBytes: number;
  /** Bytes of the JavaScript heap in use; null if the server is not a single Node process. */
  readonly heapBytes: number | null;
  /** Resident bytes of V8's young generation: the collection empties it, but it keeps its pages. null like `heapBytes`. */
  readonly youngBytes: number | null;
}

/**
 * Returns the resident bytes of a process and its descendants. Pages that two of them share count twice: use only
 * differences.
 */
export function readTreeResident(root: number): number {
  return processTree(root)
    .map(residentBytes)
    .reduce((sum, bytes) => sum + bytes);
}

function residentBytes(pid: number): number {
  // Recent kernels keep VmRSS per CPU and add it up imprecisely; smaps_rollup counts the pages.
  const text = readWhileRunning(`/proc/${pid}/smaps_rollup`) ?? readWhileRunning(`/proc/${pid}/status`) ?? "";
  const kilobytes = /^(?:Rss|VmRSS):\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? 0 : Number(kilobytes) * 1_024;
}

/**
 * Returns a process and its descendants, itself first: a server that starts helpers (nginx behind a wrapper, workers) is
 * measured as a whole. It reads `/proc`, so it needs `canReadOthers`.
 */
export function processTree(root: number): number[] {
  const children = childrenByParent();
  const tree = [root];
  // The array grows during the loop.
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Returns the children of every process. Many kernels lack the simpler `/proc/PID/task/TID/children`. */
function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = statOf(pid)?.[PARENT];
    if (parent === undefined) continue;
    const siblings = children.get(Number(parent));
    if (siblings === undefined) children.set(Number(parent), [pid]);
    else siblings.push(pid);
  }
  return children;
}

/** Indexes of the fields that `statOf` returns. */
const PARENT = 1;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

/** Returns the fields of `/proc/PID/stat` after the command, from the state on; null if the process has ended. */
function statOf(pid: number): readonly string[] | null {
  const stat = readWhileRunning(`/proc/${pid}/stat`);
  // The second field is the command in parentheses, which may contain spaces: start after it.
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Reads a file of `/proc`; null if its process or thread has ended. */
function readWhileRunning(path: string): string | null {
  return whileRunning(() => readFileSync(path, "latin1"));
}

/** Runs a read of `/proc`. Returns null if the process or thread ended before or during it. */
function whileRunning<Result>(read: () => Result): Result | null {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
}
