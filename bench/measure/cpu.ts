import { existsSync, readdirSync } from "node:fs";
import { processTree, readWhileThere, SYSTEM_TICKS, statOf, USER_TICKS, whileThere } from "./tree.ts";

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
