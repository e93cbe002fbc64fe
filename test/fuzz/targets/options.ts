import fc from "fast-check";
import { OptionError, readOptions } from "../../../src/server/options.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";

const names = ["port", "host", "store", "durability", "secret", "origins", "rate-limit", "log", "lab", "help", "x"];
const word = fc.oneof(
  mutated(fc.constantFrom(...names.map((name) => `--${name}`))),
  mutated(
    fc.constantFrom("3000", "127.0.0.1", "memory", "sqlite:a.db", "on", "off", "info", "power", "https://a.example"),
  ),
  junk,
);
const pair = fc.tuple(
  fc.constantFrom(...names.map((name) => `--${name}`)),
  fc.oneof(fc.constantFrom("0", "80", "memory", "on", "debug", "process", "a".repeat(16)), junk),
);
const environment = fc.dictionary(fc.constantFrom(...names.map((name) => name.toUpperCase().replace("-", "_"))), word, {
  maxKeys: 3,
});

export const options = target({
  name: "options",
  what: "the command line and the environment",
  input: fc.record({ argv: fc.oneof(fc.array(word, { maxLength: 5 }), pair), environment }),
  open: () => ({
    try: ({ argv, environment: given }) => {
      try {
        const read = readOptions(argv, given);
        return read === "help" ? "help" : "options";
      } catch (error) {
        if (!(error instanceof OptionError)) throw error;
        // One line for the operator; a new line may only come from what was given.
        if (error.message === "") throw new Finding("wrong", "an option is refused without a word");
        return "refused";
      }
    },
  }),
});
