import type { Scenario } from "../contract.ts";
import { plainHttp } from "../plain-http/scenario.ts";
import { burst } from "./burst.ts";
import { durable } from "./durable.ts";
import { echo } from "./echo.ts";
import { fanout } from "./fanout.ts";
import { idle } from "./idle.ts";
import { jitter } from "./jitter.ts";
import { saturate } from "./saturate.ts";
import { slope } from "./slope.ts";
import { slow } from "./slow.ts";
import { storm } from "./storm.ts";
import { switching } from "./switch.ts";

/** Every question of the bench, in the order of a full run. */
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
  jitter,
  slope,
  plainHttp,
];
