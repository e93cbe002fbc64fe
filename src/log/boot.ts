import { readFileSync } from "node:fs";
import { uptime } from "node:os";

const HOUR_MS = 3_600_000;

/** Names the time since this machine was started: another name after each start, the same until the next. */
export function bootName(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Systems without it: the hour of the start. Who misses by it begins a new epoch needlessly, which is safe.
    return `hour ${Math.round((Date.now() - uptime() * 1_000) / HOUR_MS)}`;
  }
}
