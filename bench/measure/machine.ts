import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, type as systemName, totalmem } from "node:os";

/** Where a result was made: without it a number means nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly versions: { readonly node: string; readonly v8: string; readonly uv: string };
  /** Load of the last minute. Above the bench's own two processes, somebody else is at work. */
  readonly load: number;
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
  };
}

/** Whether processes can be bound to one CPU each here: util-linux's `taskset`, and more than one CPU. */
export function canPin(): boolean {
  return availableParallelism() > 1 && spawnSync("taskset", ["-c", "1", "true"]).status === 0;
}
