import { clientTransports } from "../../src/transports/registry.client.ts";
import { conform } from "../conformance/run.ts";
import { sharedArm } from "./support/arms.ts";
import { describeWith } from "./support/needs.ts";
import { programs } from "./support/programs.ts";

// Every requirement that can be judged from outside, on every transport, through each recommended configuration. Those that
// need a server of their own are in conformance.long.ts: npm run test:proxies.

for (const program of programs) {
  describeWith(program.tool.name, [program.tool], () => {
    for (const transport of clientTransports) conform(sharedArm(program, transport));
  });
}
