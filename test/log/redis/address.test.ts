import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { parseRedisAddress } from "../../../src/log/redis/address.ts";
import { StoreError } from "../../../src/log/store-error.ts";

const SECRET = "s3cr3t";

describe("the address of a Redis", () => {
  test("names a host, with a port and a login where they are given", () => {
    expect(parseRedisAddress("redis://cache")).toMatchObject({
      endpoints: [{ host: "cache", port: 6379 }],
      sentinelName: null,
      tls: false,
      prefix: "sk",
      credentials: null,
    });
    expect(parseRedisAddress("rediss://ada:p%40ss%2Fw:rd@[::1]:7000/0", "blue")).toMatchObject({
      endpoints: [{ host: "::1", port: 7000 }],
      tls: true,
      prefix: "blue",
      credentials: { username: "ada", password: "p@ss/w:rd" },
    });
    expect(parseRedisAddress(`redis://:${SECRET}@cache`).credentials).toEqual({
      username: "default",
      password: SECRET,
    });
  });

  test("names Sentinels and what they monitor", () => {
    expect(parseRedisAddress(`redis+sentinel://:${SECRET}@a:1,b/chat`)).toMatchObject({
      endpoints: [
        { host: "a", port: 1 },
        { host: "b", port: 26379 },
      ],
      sentinelName: "chat",
      tls: false,
      credentials: { username: "default", password: SECRET },
    });
    expect(parseRedisAddress("rediss+sentinel://a/chat").tls).toBe(true);
  });

  test("is printed and inspected without its login", () => {
    const address = parseRedisAddress(`rediss://ada:${SECRET}@[::1]`);
    expect(String(address)).toBe("rediss://[::1]:6379");
    expect(String(parseRedisAddress(`redis+sentinel://:${SECRET}@a,b:2/chat`))).toBe(
      "redis+sentinel://a:26379,b:2/chat",
    );
    for (const shown of [inspect(address, { showHidden: true, depth: 9 }), JSON.stringify(address)]) {
      expect(shown).toContain("::1");
      expect(shown).not.toMatch(/s3cr3t|ada/);
    }
  });

  test.each([
    ["sqlite:rooms.db", /write redis:/],
    [`redis://ada:${SECRET}@`, /write redis:/],
    [`redis://ada:${SECRET}/x@host`, /percent-encode/],
    [`redis://:${SECRET}@host:0`, /HOST:PORT/],
    ["redis://host:65536", /HOST:PORT/],
    ["redis://::1", /HOST:PORT/],
    ["redis://host/first", /database other than 0.*--redis-prefix/],
    ["redis://host/1", /database other than 0.*--redis-prefix/],
    ["redis://a,b/0", /redis\+sentinel/],
    ["redis+sentinel://a,b", /name/],
    [`redis://%zz:${SECRET}@host`, /hexadecimal/],
    ["redis://host?user=ada", /write redis:/],
    ["redis://host/0?user=ada", /write redis:/],
  ])("%s is refused with one line that does not repeat it", (text, problem) => {
    const parse = (): unknown => parseRedisAddress(text);
    expect(parse).toThrow(StoreError);
    expect(parse).toThrow(problem);
    expect(parse).not.toThrow(/\n|s3cr3t/);
  });
});
