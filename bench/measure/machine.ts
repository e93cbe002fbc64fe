import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, type as systemName, totalmem } from "node:os";

/** The machine of a result. A number means nothing without it. The host's name is left out for privacy. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly versions: { readonly node: string; readonly v8: string; readonly uv: string };
  /** Load of the last minute. The bench keeps two processes busy: a load above 2 means other programs run. */
  readonly load: number;
  /** The CPU's frequency governor ("performance", "powersave"); null if it is unknown, as in most virtual machines. */
  readonly governor: string | null;
  /** The kernel's clock source ("tsc", "kvm-clock"); null if it is unknown. */
  readonly clocksource: string | null;
  /** How many files and sockets one process may have open; null if it is unknown or unlimited. */
  readonly openFiles: number | null;
}

export function describeMachine(): Machine {
  const { node, v8, uv } = process.versions;
  const files = openFilesLimit();
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${systemName()} ${release()}`,
    versions: { node, v8, uv: uv ?? "unknown" },
    load: loadavg()[0] ?? 0,
    governor: readText("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    clocksource: readText("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    openFiles: files === Number.POSITIVE_INFINITY ? null : files,
  };
}

/** Returns whether processes can be bound to one CPU each: it takes util-linux's `taskset` and more than one CPU. */
export function canPin(): boolean {
  return availableParallelism() > 1 && spawnSync("taskset", ["-c", "1", "true"]).status === 0;
}

/** The CPU each process is bound to; null lets the system choose. */
export interface Placement {
  readonly server: number | null;
  /** The load generator, or another client of the server. */
  readonly load: number | null;
}

/** Returns one CPU for servers and another for the load, if processes can be bound. It starts a process: call it once. */
export function placement(): Placement {
  return canPin() ? { server: 0, load: 1 } : { server: null, load: null };
}

/**
 * Returns how many files one process may have open; null if it is unknown. Node raises its own soft limit to the hard one
 * when it starts, so this is the limit of its processes, not of the shell.
 */
export function openFilesLimit(): number | null {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readText("/proc/self/limits") ?? "")?.[1];
  if (limit === undefined) return null;
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Returns the text of a file of the system, or null where there is none: not Linux, or a machine that hides it. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}
