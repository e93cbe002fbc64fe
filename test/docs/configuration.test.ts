import { describe, expect, test } from "vitest";
import { OptionError, readOptions, USAGE } from "../../src/server/options.ts";
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
    case "redis-prefix":
      return options.redisPrefix;
    case "workers":
      return String(options.workers);
    case "durability":
      return options.durability;
    case "log":
      return options.log;
    case "secret":
      return options.secret;
    case "origins":
      return options.origins.length === 0 ? undefined : options.origins;
    case "echo":
      return options.echo ? "on" : "off";
    case "lab-ports":
      return options.lab === false ? "no laboratory" : (options.lab.ports ?? undefined);
    case "trust-proxy":
      return options.trustProxy.length === 0 ? undefined : options.trustProxy;
    case "metrics":
      return options.metrics;
    case "tls-cert":
    case "tls-key":
      return options.tls;
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
    const lab = (argv: readonly string[], environment: NodeJS.ProcessEnv = {}): unknown => {
      const options = readOptions(argv, environment);
      return options === "help" ? options : options.lab;
    };
    const open = { ports: null };
    for (const host of ["127.0.0.1", "localhost", "::1", "127.0.0.9"]) expect(lab(["--host", host])).toEqual(open);
    for (const host of ["0.0.0.0", "::", "192.0.2.7", "chat.example"]) {
      expect(lab(["--host", host])).toBe(false);
      expect(lab(["--host", host, "--lab"])).toEqual(open);
      expect(lab(["--host", host], { LAB: "on" })).toEqual(open);
    }
    expect(lab(["--no-lab"])).toBe(false);
    expect(lab([], { LAB: "off" })).toBe(false);
    expect(lab(["--lab"], { LAB: "off" })).toEqual(open);
    expect(lab(["--no-lab"], { LAB: "on" })).toBe(false);
    expect(() => lab(["--lab", "--no-lab"])).toThrow(OptionError);
    expect(() => lab([], { LAB: "maybe" })).toThrow(OptionError);
    expect(lab(["--lab-ports", "3100-3179"])).toEqual({ ports: { from: 3100, to: 3179 } });
    expect(lab([], { LAB_PORTS: "3100-3103" })).toEqual({ ports: { from: 3100, to: 3103 } });
    for (const wrong of ["3100", "3100-3102", "0-9", "3179-3100", "65530-65536", "3100 - 3179"]) {
      expect(() => lab(["--lab-ports", wrong])).toThrow(/--lab-ports/);
    }
  });
});
