import { clientTransports } from "../../src/transports/registry.client.ts";
import { networkHarness } from "./harnesses/network.ts";
import { conform } from "./run.ts";

for (const transport of clientTransports) conform(networkHarness(transport));
