import { describe, expect, test } from "vitest";
import { OptionError, readOptions, USAGE } from "../../src/options.ts";
import { read } from "./support/documents.ts";

/** The rows of the options table that say a default: option, variable, default. */
const rows = [...read("docs/configuration.md").matchAll(/^\| `--([a-z-]+)` \| `([A-Z_]+)` \| (.*?) \| (.*?) \|/gm)].map(
  ([, option = "", variable = "", fallback = "", takes = ""]) => ({ option, variable, fallback, takes }),
);

const inUsage = [...USAGE.matchAll(/\[--([a-z-]+) /g)].map(([, option]) => option);

function defaultOf(option: string): unknown {
  const options = readOptions([], {});
  if (options === "help") throw new Error("no options were read as a call for help");
  switch (option) {
    case "rate-limit":
      return options.rateLimit ? "on" : "off";
    case "port":
      return String(options.port);
    case "host":
      return options.host;
    case "store":
      return options.store;
    case "durability":
      return options.durability;
    case "log":
      return options.log;
    case "secret":
      return options.secret;
    case "origins":
      return options.origins.length === 0 ? undefined : options.origins;
    default:
      throw new Error(`docs/configuration.md has --${option}, which the command does not`);
  }
}

describe("docs/configuration.md", () => {
  test("has every option of the command, and no other", () => {
    expect(rows.map(({ option }) => option).toSorted()).toEqual(inUsage.toSorted());
  });

  test.for(rows)(
    "--$option is $variable in the environment and $fallback by default",
    ({ option, variable, fallback }) => {
      expect(USAGE).toContain(variable);
      expect(defaultOf(option)).toBe(/^`(.*)`$/.exec(fallback)?.[1]);
    },
  );

  test.for(rows.filter(({ takes }) => takes.startsWith("`") && !takes.includes("[")))(
    "--$option takes $takes",
    ({ option, variable, takes }) => {
      for (const [, value = ""] of takes.matchAll(/`([^`]+)`/g)) {
        expect(() => readOptions([`--${option}`, value], {})).not.toThrow();
        expect(readOptions([], { [variable]: value })).toEqual(readOptions([`--${option}`, value], {}));
      }
      expect(() => readOptions([`--${option}`, "no-such-value"], {})).toThrow(OptionError);
    },
  );

  test("tells the truth of --lab", () => {
    expect(() => readOptions(["--lab"], {})).toThrow(OptionError);
    expect(() => readOptions(["--no-lab"], {})).not.toThrow();
  });
});
