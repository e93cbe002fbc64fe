import { Compile } from "typebox/compile";
import { type Command, CommandSchema, type Refused } from "./commands.ts";
import { ERRORS, type ErrorCode, type ProtocolError } from "./errors.ts";
import { LIMITS } from "./limits.ts";

const command = Compile(CommandSchema);

/** Returns whether parsed JSON is a command. The POST route and every duplex transport use this check. */
export function isCommand(value: unknown): value is Command {
  return command.Check(value);
}

/** Returns the id of a value that may be a command, for its refusal; empty if it has none. */
export function commandIdOf(value: unknown): string {
  if (typeof value !== "object" || value === null || !("id" in value) || typeof value.id !== "string") return "";
  // A lone surrogate would be encoded as another character: the client would not recognise its id.
  return value.id.length <= LIMITS.commandIdCharacters && value.id.isWellFormed() ? value.id : "";
}

/** Returns the refusal of a command, as every transport sends it. */
export function refuse(id: string, code: ErrorCode, error?: ProtocolError): Refused {
  const { message, retry } = ERRORS[code];
  const refused: Refused = { type: "refused", id, code, message: error?.message ?? message, retry };
  return error?.retryAfterMs === undefined ? refused : { ...refused, retryAfterMs: error.retryAfterMs };
}
