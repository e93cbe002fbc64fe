import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, type as systemName, totalmem } from "node:os";

/** Where a result was made: without it a number means nothing. The host's name is nobody's business. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly versions: { readonly node: string; readonly v8: string; readonly uv: string };
  /** Load of the last minute. Above the bench's own two processes, somebody else is at work. */
  readonly load: number;
  /** How the CPU's clock is driven ("performance", "powersave"); null where the system doesn't tell, as in most virtual machines. */
  readonly governor: string | null;
  /** What the kernel reads time from ("tsc", "kvm-clock"); null where the system doesn't tell. */
  readonly clocksource: string | null;
  /** How many files, sockets included, one process may have open; null where the system doesn't tell. */
  readonly openFiles: number | null;
}

export function describeMachine(): Machine {
  const { node, v8, uv } = process.versions;
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${systemName()} ${release()}`,
    versions: { node, v8, uv: uv ?? "unknown" },
    load: loadavg()[0] ?? 0,
    governor: textOf("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    clocksource: textOf("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    openFiles: openFilesLimit(),
  };
}

/** Whether processes can be bound to one CPU each here: util-linux's `taskset`, and more than one CPU. */
export function canPin(): boolean {
  return availableParallelism() > 1 && spawnSync("taskset", ["-c", "1", "true"]).status === 0;
}

/** Which CPU a process is bound to; null: none, the system puts it where it likes. */
export interface Placement {
  readonly server: number | null;
  /** The load generator, or whatever else asks the server. */
  readonly load: number | null;
}

/** A CPU for servers and another for what loads them, where processes can be bound. Asks the system: once a run is enough. */
export function placement(): Placement {
  return canPin() ? { server: 0, load: 1 } : { server: null, load: null };
}

/** Node raises its own soft limit to the hard one when it starts, so this is what its processes have, not what the shell says. */
function openFilesLimit(): number | null {
  const limit = /^Max open files\s+(\d+)/m.exec(textOf("/proc/self/limits") ?? "")?.[1];
  return limit === undefined ? null : Number(limit);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // Not Linux, or a machine that hides it.
    return null;
  }
}
