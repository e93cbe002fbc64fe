import type { ClientTransport } from "../../../src/transports/contract.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { Harness } from "../../conformance/harness.ts";
import { networkHarness } from "../../conformance/harnesses/network.ts";
import { conform } from "../../conformance/run.ts";
import { describeWith } from "./needs.ts";
import type { Program } from "./program.ts";
import { RunningProxy } from "./running-proxy.ts";

/** Of polls: between two of them there is nobody to be told, and whoever asks next is answered by the proxy. */
const GONE = { "drain-bye": "Once the server has gone the proxy answers in its place, with 502 or 503." };

/**
 * The whole protocol through a recommended configuration, on every transport: each server that a requirement asks for
 * stands behind a proxy of its own, and a fault-making proxy before that. `except`: requirements that this proxy changes,
 * by the transport's name, each with the reason.
 */
export function conformThrough(
  program: Program,
  except: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): void {
  describeWith(program.tool.name, [program.tool], () => {
    for (const transport of clientTransports) {
      conform(proxiedHarness(program, transport), { ...(transport.streaming ? {} : GONE), ...except[transport.name] });
    }
  });
}

function proxiedHarness(program: Program, transport: ClientTransport): Harness {
  const before = ([server]: readonly URL[]): Promise<RunningProxy> => {
    if (server === undefined) throw new Error("a proxy needs a server to stand before");
    return RunningProxy.start(program, server);
  };
  return networkHarness(transport, { before });
}
