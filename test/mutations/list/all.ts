import type { Mutation } from "../contract.ts";
import { CLIENT_MUTATIONS } from "./client.ts";
import { COMMAND_MUTATIONS } from "./commands.ts";
import { LOAD_MUTATIONS } from "./load.ts";
import { LOG_MUTATIONS } from "./log.ts";
import { READER_MUTATIONS } from "./readers.ts";
import { REDIS_MUTATIONS } from "./redis.ts";

/** Ways to break the product on purpose. */
export const MUTATIONS: readonly Mutation[] = [
  ...COMMAND_MUTATIONS,
  ...LOG_MUTATIONS,
  ...READER_MUTATIONS,
  ...REDIS_MUTATIONS,
  ...CLIENT_MUTATIONS,
  ...LOAD_MUTATIONS,
];

/** Returns the mutation with this name. Throws if there is none; the message lists all names. */
export function mutationNamed(name: string): Mutation {
  const found = MUTATIONS.find((each) => each.name === name);
  if (found === undefined)
    throw new RangeError(`there is no mutation "${name}"; there are ${MUTATIONS.map((each) => each.name).join(", ")}`);
  return found;
}
