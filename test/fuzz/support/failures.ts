import { ProtocolError } from "../../../src/protocol/errors.ts";
import { LinkError } from "../../../src/transports/contract.ts";

/** Whether this is how a client half says that the server refused or the network failed: what its owner expects. */
export function isProtocolFailure(error: unknown): boolean {
  return error instanceof LinkError || error instanceof ProtocolError;
}
