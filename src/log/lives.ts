import { newEpoch } from "./epoch.ts";
import type { Database, Durability } from "./sqlite.ts";
import type { Tables } from "./sqlite-tables.ts";

/**
 * Notes that a process begins to write the file, and whether its logs are still those that readers know.
 *
 * With `process`, what was acknowledged last can be lost when the machine stops, not when the process does. Its logs
 * would then give the same seqs to other events. So after a stop of the machine that the last process did not see coming,
 * each log begins a new epoch: readers are told of a gap and are not deceived.
 */
export function beginLife(
  database: Database,
  tables: Tables,
  { boot, durability, random }: { boot: string; durability: Durability; random: () => number },
): void {
  const torn = tables.fact("ended") === "no" && tables.fact("durability") === "process" && tables.fact("boot") !== boot;
  // On the disk before anything else is: else this life could be lost together with the note that it began.
  database.sync(() => {
    if (torn) for (const { id } of tables.rooms()) tables.renewRoom(id, newEpoch(random));
    tables.setFact("ended", "no");
    tables.setFact("durability", durability);
    tables.setFact("boot", boot);
  }, durability);
}

/** Notes that everything is on the disk. */
export function endLife(database: Database, tables: Tables, durability: Durability): void {
  database.sync(() => tables.setFact("ended", "yes"), durability);
}
