import { clientTransports } from "../../src/transports/registry.client.ts";

/** Returns the names of the transports whose readers always have a connection: all but short polling. */
export function heldTransports(): string[] {
  return clientTransports.filter(({ whenHidden }) => whenHidden === undefined).map(({ name }) => name);
}
