/**
 * `npm run load -- --connections 10000 --minutes 10`: idle connections of mixed transports; exit code 1 if one misses a
 * message or memory grows. `npm run load -- attack`: hostile connections from one address, and the latency of members on
 * another; exit code 1 if they miss a message.
 */
import { parseArgs } from "node:util";
import { attack, isInOrder, report } from "./attack.ts";
import { holdIdle } from "./idle.ts";
import { describeMachineLimits, missingForConnections } from "./machine-limits.ts";
import { whole } from "./options.ts";
import { heldTransports } from "./transports.ts";

if (process.argv[2] === "attack") {
  const outcome = await attack({ connections: 20, opens: 10_000, quietMs: 4_000, attackMs: 10_000, everyMs: 60 });
  for (const line of report(outcome)) console.log(line);
  process.exit(isInOrder(outcome) ? 0 : 1);
}

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "10000" },
    minutes: { type: "string", default: "10" },
    generators: { type: "string", default: "2" },
  },
});
const connections = whole("connections", values.connections);
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new RangeError(`--minutes must be a number above 0, not "${values.minutes}"`);

console.log(describeMachineLimits());
const missing = missingForConnections(connections);
if (missing !== null) {
  console.error(missing);
  process.exit(2);
}
const began = performance.now();
const say = (line: string): void => {
  console.log(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${line}`);
};
const failures = await holdIdle({
  connections,
  ms: minutes * 60_000,
  sampleMs: 15_000,
  speakMs: 60_000,
  transports: heldTransports(),
  generators: whole("generators", values.generators),
  say,
});
say(
  failures.length === 0
    ? "nothing lost, nothing duplicated, memory flat"
    : `FAILED: ${failures.slice(0, 10).join("; ")}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
