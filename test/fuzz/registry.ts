import type { Target } from "./contract.ts";
import { addresses } from "./targets/addresses.ts";
import { bearers } from "./targets/bearers.ts";
import { bodies } from "./targets/bodies.ts";
import { commands } from "./targets/commands.ts";
import { cursor } from "./targets/cursor.ts";
import { decoder } from "./targets/decoder.ts";
import { frameTargets } from "./targets/frames.ts";
import { onSockets } from "./targets/heads.ts";
import { history } from "./targets/history.ts";
import { httpSpans } from "./targets/http-spans.ts";
import { incoming } from "./targets/incoming.ts";
import { labControl } from "./targets/lab-control.ts";
import { names } from "./targets/names.ts";
import { options } from "./targets/options.ts";
import { orders } from "./targets/orders.ts";
import { paths } from "./targets/paths.ts";
import { pipeline } from "./targets/pipeline.ts";
import { pollClients } from "./targets/poll-clients.ts";
import { query } from "./targets/query.ts";
import { runFiles } from "./targets/run-files.ts";
import { schemas } from "./targets/schemas.ts";
import { streamClients } from "./targets/stream-clients.ts";
import { tokens } from "./targets/tokens.ts";

/** Everything inputs are thrown at: parsers in this process first, then routes on a real port. */
export const TARGETS: readonly Target[] = [
  cursor,
  commands,
  schemas,
  tokens,
  options,
  addresses,
  orders,
  httpSpans,
  decoder,
  runFiles,
  incoming,
  ...streamClients,
  ...pollClients,
  query,
  bodies,
  names,
  history,
  bearers,
  paths,
  pipeline,
  ...onSockets,
  ...frameTargets,
  labControl,
];

/** Throws, with all names, when there is none of that name. */
export function targetNamed(name: string): Target {
  const found = TARGETS.find((each) => each.name === name);
  if (found === undefined)
    throw new RangeError(`there is no target "${name}"; there are ${TARGETS.map((each) => each.name).join(", ")}`);
  return found;
}
