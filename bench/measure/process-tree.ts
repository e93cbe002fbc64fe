import { existsSync, readdirSync, readFileSync } from "node:fs";

/** CPU time used so far, all threads, in microseconds. */
export interface CpuTime {
  readonly total: number;
  readonly user: number;
  readonly system: number;
}

/** The kernel's unit in `/proc/PID/stat`: USER_HZ, 100 on every Linux that Node supports. */
const MICROSECONDS_PER_TICK = 10_000;
const NONE: CpuTime = { total: 0, user: 0, system: 0 };

/** Whether this system tells one process the CPU time of another. Where it doesn't, the process itself has to be asked. */
export const canReadOthers = existsSync("/proc/self/task");

/** CPU time of a process and all its descendants that still live. Throws when the process itself has ended. */
export function readTreeCpuTime(root: number): CpuTime {
  if (statOf(root) === null) throw new Error(`process ${root} has ended: its CPU time can't be read any more`);
  return processTree(root)
    .map(readCpuTime)
    .reduce((sum, { total, user, system }) => ({
      total: sum.total + total,
      user: sum.user + user,
      system: sum.system + system,
    }));
}

/**
 * Reads one process's CPU time from `/proc`; zeros when it has ended. The total is exact to the nanosecond where the
 * kernel keeps schedstat; how it splits into user and system is known only in ticks of 10 ms, so the split of a short
 * window is rough.
 */
export function readCpuTime(pid: number): CpuTime {
  const fields = statOf(pid);
  if (fields === null) return NONE;
  const user = Number(fields[USER_TICKS]) * MICROSECONDS_PER_TICK;
  const system = Number(fields[SYSTEM_TICKS]) * MICROSECONDS_PER_TICK;
  return { total: scheduled(pid) ?? user + system, user, system };
}

/** CPU time spent between two readings; user and system are scaled so that they add up to the exact total. */
export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  const total = after.total - before.total;
  const user = after.user - before.user;
  const system = after.system - before.system;
  const scale = user + system > 0 ? total / (user + system) : 0;
  return { total, user: user * scale, system: system * scale };
}

/** Time on a CPU, of all threads, in microseconds; null where the kernel doesn't keep it. */
function scheduled(pid: number): number | null {
  if (!existsSync(`/proc/${pid}/schedstat`)) return null;
  let nanoseconds = 0;
  for (const task of whileThere(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
    const times = readWhileThere(`/proc/${pid}/task/${task}/schedstat`);
    if (times !== null) nanoseconds += Number(times.split(" ")[0]);
  }
  return nanoseconds / 1_000;
}

/** Memory of a server, after garbage collection. The kernel's own part, about 4 KB a socket, is in neither number. */
export interface Memory {
  /** Resident bytes of the whole process tree. */
  readonly rssBytes: number;
  /** Bytes of the JavaScript heap in use; null where the server is not one Node process. */
  readonly heapBytes: number | null;
  /** Resident bytes of V8's young generation, which is empty then; null as before. */
  readonly youngBytes: number | null;
}

/**
 * Resident bytes of a process and all its descendants, as they are now. Pages that two of them share count twice: it is
 * differences that are meant to be taken.
 */
export function readTreeResident(root: number): number {
  return processTree(root)
    .map(residentBytes)
    .reduce((sum, bytes) => sum + bytes);
}

function residentBytes(pid: number): number {
  // Recent kernels keep VmRSS per CPU and sum it up only roughly; smaps_rollup counts the pages.
  const text = readWhileThere(`/proc/${pid}/smaps_rollup`) ?? readWhileThere(`/proc/${pid}/status`) ?? "";
  const kilobytes = /^(?:Rss|VmRSS):\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? 0 : Number(kilobytes) * 1_024;
}

/**
 * A process and all its descendants, itself first: a server that starts helpers (nginx behind a wrapper, workers) is
 * measured as a whole. From `/proc`, so only where `canReadOthers`.
 */
export function processTree(root: number): number[] {
  const children = childrenByParent();
  const tree = [root];
  // Grows while it is walked.
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** `/proc/PID/task/TID/children` would be shorter, but many kernels are built without it. */
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

/** Places in what `statOf` gives. */
export const PARENT = 1;
export const USER_TICKS = 11;
export const SYSTEM_TICKS = 12;

/** The fields of `/proc/PID/stat` behind the command, from the state on; null when the process has ended. */
export function statOf(pid: number): readonly string[] | null {
  const stat = readWhileThere(`/proc/${pid}/stat`);
  // The second field is the command in parentheses and may hold spaces: count from its end.
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** A file of `/proc`; null when its process or thread has ended, before the read or during it. */
export function readWhileThere(path: string): string | null {
  return whileThere(() => readFileSync(path, "latin1"));
}

/** Does `read`, on something in `/proc`; null when its process or thread has ended, before the read or during it. */
export function whileThere<Result>(read: () => Result): Result | null {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
}
