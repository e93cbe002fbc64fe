import type { Scenario } from "../contract.ts";
import { deaths } from "../deaths/scenario.ts";
import { plainHttp } from "../plain-http/scenario.ts";
import { burst, durable, echo, fanout, slope } from "./deliveries.ts";
import { idle } from "./idle.ts";
import { nodes, outage } from "./nodes.ts";
import { flapping, storm } from "./reconnects.ts";
import { saturate } from "./saturate.ts";
import { slow } from "./slow.ts";
import { switching } from "./switch.ts";

/** All scenarios, in the order of a full run. */
export const SCENARIOS: readonly Scenario[] = [
  fanout,
  durable,
  burst,
  echo,
  idle,
  saturate,
  slow,
  storm,
  switching,
  flapping,
  slope,
  nodes,
  outage,
  deaths,
  plainHttp,
];
