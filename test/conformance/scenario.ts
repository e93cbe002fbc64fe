import type { Settings } from "../../src/chat/settings.ts";
import { freshRoom } from "../support/ids.ts";
import type { Harness, TestServer } from "./harness.ts";
import type { Requirement, RequirementId } from "./requirements.ts";

/** What a scenario runs with. It can't tell which transport is under test. */
export interface ScenarioContext {
  /** Shared with other scenarios; the room is this scenario's alone. */
  readonly server: TestServer;
  readonly room: string;
  readonly harness: Harness;
  /** Starts a server of the scenario's own. Only for requirements that state why in `control`. */
  start(settings?: Partial<Settings>): Promise<TestServer>;
}

/** Tests one requirement. Rejects if it is broken. */
export type Scenario = (context: ScenarioContext) => Promise<void>;

/** Scenarios by the requirement that each tests. */
export type Scenarios = Readonly<Partial<Record<RequirementId, Scenario>>>;

/** A scenario together with its requirement. */
export interface RequirementTest {
  readonly id: string;
  readonly requirement: Requirement;
  readonly scenario: Scenario;
}

/** Returns why a requirement is not tested on this harness, or null if it is. */
export function exclusion(requirement: Requirement, harness: Harness): string | null {
  for (const [key, note] of Object.entries(requirement.except ?? {})) {
    if (key === harness.name || [...harness.traits].some((trait) => trait === key)) return note;
  }
  return requirement.control !== undefined && harness.start === null ? requirement.control : null;
}

/** Runs one scenario on one harness, then ends the servers it started. */
export async function perform({ requirement, scenario }: RequirementTest, harness: Harness): Promise<void> {
  await using started = new AsyncDisposableStack();
  const { start } = harness;
  const shared = await harness.shared();
  await scenario({
    harness,
    room: freshRoom(),
    server: shared,
    start: async (settings) => {
      if (requirement.control === undefined || start === null) {
        throw new Error("A scenario may start a server only if its requirement states why in `control`.");
      }
      return started.use(await start(settings));
    },
  });
}
