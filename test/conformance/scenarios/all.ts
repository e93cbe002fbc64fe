import { REQUIREMENTS, type RequirementId } from "../requirements.ts";
import type { RequirementTest, Scenario, Scenarios } from "../scenario.ts";
import { attaching } from "./attaching.ts";
import { commands } from "./commands.ts";
import { delivery } from "./delivery.ts";
import { presence } from "./presence.ts";
import { privateRooms } from "./private.ts";
import { severalReaders } from "./readers.ts";
import { strain } from "./strain.ts";

const GROUPS: readonly Scenarios[] = [attaching, commands, delivery, presence, privateRooms, severalReaders, strain];

/** Every scenario of the suite, each with its requirement. */
export const scenarios: readonly RequirementTest[] = GROUPS.flatMap((group) =>
  // The keys of a group are ids of requirements: its type admits no others.
  (Object.entries(group) as [RequirementId, Scenario][]).map(([id, scenario]) => ({
    id,
    requirement: REQUIREMENTS[id],
    scenario,
  })),
);
