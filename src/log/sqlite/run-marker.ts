import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { newEpoch } from "../../protocol/cursor.ts";
import type { Database, Durability } from "./database.ts";
import type { Tables } from "./tables.ts";

/** Two starts of a machine are further apart: in between it has to boot, run this server and stop. */
const SAME_BOOT_MS = 10_000;

/**
 * Records in the database that this process is writing to it. If the previous process was still running when the machine
 * went down, begins a new epoch in every room.
 *
 * With durability `process`, the newest acknowledged events can be lost when the machine stops. The log would then give
 * the same seqs to other events. After such a stop readers get a gap instead of wrong events.
 */
export function markStarted(
  database: Database,
  tables: Tables,
  { boot, durability, random }: { boot: string; durability: Durability; random: () => number },
): void {
  const uncleanShutdown =
    tables.meta("ended") === "no" && tables.meta("durability") === "process" && !isSameBoot(tables.meta("boot"), boot);
  // Must reach the disk before any event of this run: otherwise a crash could lose both the events and the mark that says
  // that events may be missing.
  database.sync(() => {
    if (uncleanShutdown) for (const { id } of tables.rooms()) tables.beginEpoch(id, newEpoch(random));
    tables.setMeta("ended", "no");
    tables.setMeta("durability", durability);
    tables.setMeta("boot", boot);
  }, durability);
}

/** Records that this process has stopped and that everything it wrote is on the disk. */
export function markStopped(database: Database, tables: Tables, durability: Durability): void {
  database.sync(() => tables.setMeta("ended", "yes"), durability);
}

/**
 * Returns an id of this machine's start, for `isSameBoot`: the kernel's, or the time of the start where the kernel has none
 * (macOS, Windows).
 */
export function bootId(ofKernel: () => string = readBootId, startedAt: () => number = machineStartedAt): string {
  try {
    return ofKernel();
  } catch {
    return `at ${startedAt()}`;
  }
}

function readBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Returns ms since 1970. It varies with each correction of the clock. */
function machineStartedAt(): number {
  return Math.round(Date.now() - uptime() * 1_000);
}

/** A clock corrected by more than SAME_BOOT_MS begins a new epoch without need, which is safe. */
function isSameBoot(one: string | undefined, other: string): boolean {
  const [a, b] = [startIn(one ?? ""), startIn(other)];
  return a !== null && b !== null ? Math.abs(a - b) < SAME_BOOT_MS : one === other;
}

function startIn(boot: string): number | null {
  const [, ms] = /^at ([0-9]+)$/.exec(boot) ?? [];
  return ms === undefined ? null : Number(ms);
}
