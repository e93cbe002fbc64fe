import type { Settings } from "../../src/chat/settings.ts";
import { freshRoom } from "../support/ids.ts";
import type { Arm, Site } from "./arm.ts";
import { type Requirement, type RequirementId, requirements } from "./requirements.ts";

/** What a scenario is given: one arm, one room, and no word of which transport it is. */
export interface Stage {
  /** Shared with other scenarios; the room is this scenario's alone. */
  readonly site: Site;
  readonly room: string;
  readonly arm: Arm;
  /** A server of its own. Only scenarios whose requirement says why may ask for one. */
  start(settings?: Partial<Settings>): Promise<Site>;
}

export type Scenario = (stage: Stage) => Promise<void>;

interface Registered {
  readonly id: string;
  readonly requirement: Requirement;
  readonly scenario: Scenario;
}

const registered: Registered[] = [];

/** Ties a scenario to the requirement it attacks: one test for each arm that is not left out. */
export function verifies(id: RequirementId, scenario: Scenario): void {
  const requirement = requirements.get(id);
  if (requirement === undefined) throw new RangeError(`no requirement is called "${id}": see requirements.ts`);
  registered.push({ id, requirement, scenario });
}

export function scenarios(): readonly Registered[] {
  return registered;
}

/** Why this arm is left out of this requirement; null when it is not. */
export function exclusion(requirement: Requirement, arm: Arm): string | null {
  for (const [key, note] of Object.entries(requirement.except ?? {})) {
    if (key === arm.name || [...arm.traits].some((trait) => trait === key)) return note;
  }
  return requirement.control !== undefined && arm.start === null ? requirement.control : null;
}

/** Runs one scenario on one arm and ends what it started. */
export async function perform({ requirement, scenario }: Registered, arm: Arm): Promise<void> {
  await using started = new AsyncDisposableStack();
  const { start } = arm;
  const shared = await arm.shared();
  await scenario({
    arm,
    room: freshRoom(),
    site: shared,
    start: async (settings) => {
      if (requirement.control === undefined || start === null) {
        throw new Error("only a requirement that says why it needs control may start a server of its own");
      }
      return started.use(await start(settings));
    },
  });
}
