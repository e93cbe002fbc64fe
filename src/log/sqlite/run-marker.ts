import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { newEpoch } from "../../protocol/cursor.ts";
import type { Database, Durability } from "./database.ts";
import type { Tables } from "./tables.ts";

const HOUR_MS = 3_600_000;

/**
 * Marks in the file that a process starts to write it, and begins a new epoch in every room if the last one ended in an
 * unclean shutdown of the machine.
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
    tables.meta("ended") === "no" && tables.meta("durability") === "process" && tables.meta("boot") !== boot;
  // On the disk before anything else: otherwise this run could be lost together with its mark.
  database.sync(() => {
    if (uncleanShutdown) for (const { id } of tables.rooms()) tables.beginEpoch(id, newEpoch(random));
    tables.setMeta("ended", "no");
    tables.setMeta("durability", durability);
    tables.setMeta("boot", boot);
  }, durability);
}

/** Marks that everything is on the disk. */
export function markStopped(database: Database, tables: Tables, durability: Durability): void {
  database.sync(() => tables.setMeta("ended", "yes"), durability);
}

/** Returns an id of this machine's start: different after each start, the same until the next. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // On other systems, the hour of the start. A wrong hour begins a new epoch without need, which is safe.
    return `hour ${Math.round((Date.now() - uptime() * 1_000) / HOUR_MS)}`;
  }
}
