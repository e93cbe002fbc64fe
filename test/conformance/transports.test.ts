import { clientTransports } from "../../src/transports/registry.client.ts";
import { networkArm } from "./arms/network.ts";
import { conform } from "./run.ts";

for (const transport of clientTransports) conform(networkArm(transport));
