import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { OptionError, readOptions } from "../../src/server/options.ts";

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

  test.each([
    ["65534", "2", true],
    ["65534", "3", false],
  ])("%s has room for %s workers: %s", (port, workers, fits) => {
    const options = (): unknown => read("--store", "redis://127.0.0.1", "--workers", workers, "--metrics", port);
    if (fits) expect(options).not.toThrow();
    else expect(options).toThrow(OptionError);
  });
});

describe("--store redis://…", () => {
  test.each([
    "redis://127.0.0.1",
    "redis://[::1]:6380",
    "rediss://:p@redis.internal:6380",
    "redis+sentinel://u:p@a,b:26380/chat",
  ])("%s becomes the store's specification", (url) => {
    const { storeSpec } = read("--store", url, "--redis-prefix", "team:chat", "--durability", "power");
    expect(storeSpec).toMatchObject({ kind: "redis", url, prefix: "team:chat", durability: "power" });
  });

  test("the options show no password when they are inspected or written as JSON", () => {
    const url = "redis://user:s3cret@host";
    const options = read("--store", url);
    expect(options).toMatchObject({ store: "redis://…@host", storeSpec: { url } });
    for (const shown of [inspect(options, { depth: 9 }), JSON.stringify(options)]) {
      expect(shown).toContain("redis://…@host");
      expect(shown).not.toContain("s3cret");
    }
  });

  test.each([
    "redis://u:s3/cr@t@host",
    "redis://u:s3cret%@host",
    "redis://u:s3cret@",
    "redis://u:s3cret@host?db=1",
    "redis://u:s3cret@host:0",
    "redis://u:s3cret@a,b",
    "redis+sentinel://u:s3cret@a,b",
  ])("%s is refused in one line without its password", (url) => {
    for (const attempt of [() => read("--store", url), () => readOptions([], { STORE: url })]) {
      expect(attempt).toThrow(OptionError);
      expect(attempt).toThrow(/^(--store |STORE=)redis[^\n]*…@[^\n]*: The address of Redis can't be used: [^\n]*\.$/);
      expect(attempt).not.toThrow(/s3/);
    }
  });
});

describe("--tls-cert and --tls-key", () => {
  test("go together, and without the laboratory", () => {
    const files = ["--tls-cert", "c.pem", "--tls-key", "k.pem"];
    expect(read(...files)).toMatchObject({ tls: { cert: "c.pem", key: "k.pem" }, lab: false });
    expect(read()).toMatchObject({ tls: undefined, lab: { ports: null } });
    expect(() => read("--tls-cert", "c.pem")).toThrow("--tls-cert is given without --tls-key. Give both.");
    expect(() => read("--tls-key", "k.pem")).toThrow(OptionError);
    expect(() => read(...files, "--lab")).toThrow(/--lab and --tls-cert can't be combined/);
    expect(() => readOptions(files, { LAB: "on" })).toThrow(/LAB=on/);
    expect(readOptions(files, { LAB: "off" })).toMatchObject({ lab: false });
  });
});

describe("the environment", () => {
  const fromEnvironment = (environment: NodeJS.ProcessEnv) => {
    const options = readOptions([], environment);
    if (options === "help") throw new Error("that was no call for help");
    return options;
  };
  /** For each option: a value it takes, another one, and one it does not; and the field they end up in. */
  const OPTIONS = [
    ["PORT", "port", "4000", "5000", "x"],
    ["HOST", "host", "192.0.2.1", "192.0.2.2", null],
    ["STORE", "store", "memory", "sqlite:a.db", "redis:"],
    ["REDIS_PREFIX", "redisPrefix", "one", "two", "{three}"],
    ["DURABILITY", "durability", "power", "process", "maybe"],
    ["SECRET", "secret", "a".repeat(16), "b".repeat(16), "short"],
    ["ORIGINS", "origins", "https://a.example", "https://b.example", "a.example"],
    ["RATE_LIMIT", "rateLimit", "off", "on", "maybe"],
    ["TRUST_PROXY", "trustProxy", "10.0.0.7", "10.0.0.8", "proxy"],
    ["ECHO", "echo", "on", "off", "maybe"],
    ["LAB", "lab", "off", "on", "maybe"],
    ["LAB_PORTS", "lab", "3100-3103", "3200-3203", "3100"],
    ["LOG", "log", "debug", "warn", "/var/log/other"],
    ["METRICS", "metrics", "off", "9464", "on"],
  ] as const;

  test.each(OPTIONS)(
    "SKYROCKET_%s wins over the short name, which others may have set",
    (name, field, one, other, wrong) => {
      const [mine, theirs] = [fromEnvironment({ [name]: one }), fromEnvironment({ [name]: other })];
      expect(mine[field]).not.toEqual(theirs[field]);
      expect(fromEnvironment({ [`SKYROCKET_${name}`]: one })).toEqual(mine);
      expect(fromEnvironment({ [`SKYROCKET_${name}`]: one, [name]: other })).toEqual(mine);
      if (wrong !== null) expect(fromEnvironment({ [`SKYROCKET_${name}`]: one, [name]: wrong })).toEqual(mine);
      // An empty one is none.
      expect(fromEnvironment({ [`SKYROCKET_${name}`]: "", [name]: one })).toEqual(mine);
      const flag = `--${name.toLowerCase().replace("_", "-")}`;
      const argv = name === "LAB" ? ["--no-lab"] : [flag, one];
      expect(readOptions(argv, { [`SKYROCKET_${name}`]: other, [name]: other })).toEqual(mine);
    },
  );

  test.each(OPTIONS.filter(([, , , , wrong]) => wrong !== null))(
    "%s, SKYROCKET_%s: a value that can't be used is refused by the name of the variable",
    (name, _field, _one, _other, wrong) => {
      for (const variable of [name, `SKYROCKET_${name}`]) {
        const read = () => fromEnvironment({ [variable]: wrong ?? "" });
        expect(read).toThrow(OptionError);
        // The value of a secret is shown nowhere.
        expect(read).toThrow(
          variable === "SECRET" || variable === "SKYROCKET_SECRET" ? `${variable}:` : `${variable}=${wrong}:`,
        );
        expect(read).not.toThrow(/--[a-z-]+ [^u]/);
      }
    },
  );

  test("the certificate's variables name each other's option", () => {
    expect(() => fromEnvironment({ TLS_CERT: "c.pem" })).toThrow("TLS_CERT is given without --tls-key. Give both.");
    expect(() => fromEnvironment({ SKYROCKET_TLS_KEY: "k.pem" })).toThrow(
      /^SKYROCKET_TLS_KEY is given without --tls-cert/,
    );
    expect(() => fromEnvironment({ TLS_CERT: "c", TLS_KEY: "k", LAB: "on" })).toThrow(/^LAB=on and --tls-cert/);
  });

  test.each(["x86_64-conda-linux-gnu", "laptop", "chat.example", "http://localhost", "localhost:3000", "*"])(
    "HOST=%s is ignored with a warning, for other programs keep names in it",
    (HOST) => {
      const options = fromEnvironment({ HOST });
      expect(options).toMatchObject({ host: "127.0.0.1", lab: { ports: null } });
      expect(options.warnings).toEqual([expect.stringMatching(/^HOST is ignored.*SKYROCKET_HOST/)]);
      expect(fromEnvironment({ HOST, SKYROCKET_HOST: HOST })).toMatchObject({ host: HOST, warnings: [] });
      expect(readOptions(["--host", "::1"], { HOST })).toMatchObject({ host: "::1", warnings: [] });
    },
  );

  test.each(["0.0.0.0", "::", "::1", "192.0.2.1", "localhost", "LOCALHOST"])("HOST=%s is meant, and taken", (HOST) => {
    expect(fromEnvironment({ HOST })).toMatchObject({ host: HOST, warnings: [] });
  });

  test("what Kubernetes sets for a service called skyrocket is not taken for a port", () => {
    const link = "tcp://10.96.0.1:3000";
    const options = fromEnvironment({ SKYROCKET_PORT: link, SKYROCKET_SERVICE_HOST: "10.96.0.1" });
    expect(options).toMatchObject({ port: 3000, warnings: [expect.stringMatching(/^SKYROCKET_PORT is ignored/)] });
    expect(fromEnvironment({ SKYROCKET_PORT: link, PORT: "4000" }).port).toBe(4000);
  });

  test.each(["127.0.0.1.evil.example", "127.example", "evil-localhost"])(
    "--host %s is not loopback: no laboratory",
    (host) => {
      expect(readOptions(["--host", host], {})).toMatchObject({ lab: false });
    },
  );
});
