import { shortTitle } from "../../../public/view/transports.tsx";
import { clientTransports } from "../../../src/transports/registry.client.ts";

/** What to call a transport: its short title, or its bare name where a run has one that is not known here. */
export function titleOf(name: string): string {
  const known = clientTransports.find((transport) => transport.name === name);
  return known === undefined ? name : shortTitle(known);
}
