import { describe, expect, test } from "vitest";
import { OptionError, readOptions } from "../../src/options.ts";

const read = (...argv: string[]) => {
  const options = readOptions(argv, {});
  if (options === "help") throw new Error("that was no call for help");
  return options;
};

describe("--metrics", () => {
  test.each([
    ["loopback", "loopback"],
    ["off", "off"],
    ["9464", { host: "127.0.0.1", port: 9464 }],
    ["0.0.0.0:9464", { host: "0.0.0.0", port: 9464 }],
    ["[::1]:9464", { host: "::1", port: 9464 }],
    ["metrics.internal:1", { host: "metrics.internal", port: 1 }],
  ])("%s", (text, place) => {
    expect(read("--metrics", text).metrics).toEqual(place);
  });

  test.each(["on", "65536", "host:", ":9464", "host:port", "127.0.0.1:99999"])("refuses %s", (text) => {
    expect(() => read("--metrics", text)).toThrow(OptionError);
  });
});

describe("--tls-cert and --tls-key", () => {
  test("go together, and without the laboratory", () => {
    const files = ["--tls-cert", "c.pem", "--tls-key", "k.pem"];
    expect(read(...files)).toMatchObject({ tls: { cert: "c.pem", key: "k.pem" }, lab: false });
    expect(read()).toMatchObject({ tls: undefined, lab: { ports: null } });
    expect(() => read("--tls-cert", "c.pem")).toThrow(/one does not go without the other/);
    expect(() => read("--tls-key", "k.pem")).toThrow(OptionError);
    expect(() => read(...files, "--lab")).toThrow(/--lab --tls-cert/);
    expect(() => readOptions(files, { LAB: "on" })).toThrow(/LAB=on/);
    expect(readOptions(files, { LAB: "off" })).toMatchObject({ lab: false });
  });
});
