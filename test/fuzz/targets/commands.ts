import { commandIdOf, isCommand, refuse } from "../../../src/protocol/check.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { nearlyCommand } from "../arbitraries/json.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { isGoodCommand } from "../support/oracles.ts";

export const commands = target({
  name: "commands",
  what: "the check every up-leg asks, and the id a refusal carries",
  input: nearlyCommand,
  open: () => ({
    try: (given) => {
      // As it comes out of a body: no undefined, no prototype but Object's.
      const value: unknown = JSON.parse(JSON.stringify(given) ?? "null");
      const taken = isCommand(value);
      if (taken !== isGoodCommand(value))
        throw new Finding("wrong", `${JSON.stringify(value)} is ${taken ? "taken for a command" : "refused"}`);
      const id = commandIdOf(value);
      if (!id.isWellFormed() || id.length > LIMITS.commandIdCharacters)
        throw new Finding("wrong", `a refusal would carry the id ${JSON.stringify(id)}`);
      const refusal: unknown = JSON.parse(JSON.stringify(refuse(id, "unprocessable")));
      if (typeof refusal !== "object" || refusal === null) throw new Finding("wrong", "a refusal is no object");
      return taken ? "command" : "refused";
    },
  }),
});
