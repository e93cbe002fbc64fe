import type { ClientTransport } from "../../../src/transports/contract.ts";
import type { Arm } from "../../conformance/arm.ts";
import { networkArm } from "../../conformance/arms/network.ts";
import type { Program } from "./program.ts";
import { RunningProxy } from "./running.ts";

/** A transport at its client half, against servers that stand behind a proxy. Each server gets a proxy of its own. */
export function proxiedArm(program: Program, transport: ClientTransport): Arm {
  return networkArm(transport, undefined, undefined, (server) => RunningProxy.start(program, server));
}

/** The same without the requirements for which a server, and so a proxy, has to be started for each. */
export function sharedArm(program: Program, transport: ClientTransport): Arm {
  return { ...proxiedArm(program, transport), start: null };
}
