import { clientTransports } from "../../src/transports/registry.client.ts";

/** Names of the transports whose readers keep a connection open: all but those that are away between two questions. */
export function heldTransports(): string[] {
  return clientTransports.filter(({ whenHidden }) => whenHidden === undefined).map(({ name }) => name);
}
