import { existsSync, readdirSync, readFileSync } from "node:fs";

/** CPU time used so far by one process, all threads, in microseconds. */
export interface CpuTime {
  readonly total: number;
  readonly user: number;
  readonly system: number;
}

/** The kernel's unit in `/proc/PID/stat`: USER_HZ, 100 on every Linux that Node supports. */
const MICROSECONDS_PER_TICK = 10_000;

/** Whether this system tells one process the CPU time of another. Where it doesn't, the process itself has to be asked. */
export const canReadOthers = existsSync("/proc/self/task");

/**
 * Reads a process's CPU time from `/proc`. The total is exact to the nanosecond where the kernel keeps schedstat; how it
 * splits into user and system is known only in ticks of 10 ms, so the split of a short window is rough.
 */
export function readCpuTime(pid: number): CpuTime {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the command in parentheses and may hold spaces: count from its end. utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const user = Number(fields[11]) * MICROSECONDS_PER_TICK;
  const system = Number(fields[12]) * MICROSECONDS_PER_TICK;
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

function scheduled(pid: number): number | null {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const file = `/proc/${pid}/task/${task}/schedstat`;
    if (!existsSync(file)) return null;
    nanoseconds += Number(readFileSync(file, "latin1").split(" ")[0]);
  }
  return nanoseconds / 1_000;
}
