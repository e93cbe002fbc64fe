/** `npm run leaks -- --connections 3000 --cycles 4 [--only NAME]`: exit code 1 if something stays behind. */
import { parseArgs } from "node:util";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { lookForLeaks, share } from "../leaks.ts";
import { mebibytes, whole } from "../options.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "3000" },
    cycles: { type: "string", default: "4" },
    only: { type: "string", multiple: true, default: [] },
  },
});
const chosen = clientTransports.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
let failed = false;

for (const { name } of chosen) {
  const began = performance.now();
  const connections = whole("connections", values.connections);
  const report = await lookForLeaks(name, connections, whole("cycles", values.cycles, 2));
  const { cycles, heapGrowth, rssGrowth, failures } = report;
  failed ||= failures.length > 0;
  console.log(
    `${name}: ${connections} connections, ${cycles.length} cycles, ${((performance.now() - began) / 1_000).toFixed(0)} s`,
  );
  console.log(`  heap after each      ${cycles.map(({ heapBytes }) => mebibytes(heapBytes)).join(", ")}`);
  console.log(`  resident after each  ${cycles.map(({ rssBytes }) => mebibytes(rssBytes)).join(", ")}`);
  console.log(`  from cycle 2 on      heap ${share(heapGrowth)}, resident ${share(rssGrowth)}`);
  console.log(failures.length === 0 ? "  nothing stays behind" : `  FAILED: ${failures.slice(0, 5).join("; ")}`);
}
process.exitCode = failed ? 1 : 0;
