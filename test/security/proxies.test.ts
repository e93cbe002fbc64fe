import Fastify from "fastify";
import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { OptionError, readOptions } from "../../src/server/options.ts";
import { Callers, callerKey, inRanges, isRange } from "../../src/server/rate-limits.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { freshRoom } from "../support/ids.ts";
import { RawConnection } from "../support/raw-http.ts";
import { closeAll, join, statusOf } from "./support.ts";

const ONE_SESSION = { addressSessionRate: { perSecond: 0.001, burst: 1 } };

async function withServer(
  options: Parameters<typeof startServer>[0],
  run: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await startServer(options);
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

const joinFrom = async (server: RunningServer, forwarded: string): Promise<number> =>
  (await join(server, { room: freshRoom(), name: "Ada" }, { "x-forwarded-for": forwarded })).status;

describe("X-Forwarded-For", () => {
  test("without --trust-proxy is nobody's word: whatever it says, it is one caller", async () => {
    await withServer({ settings: ONE_SESSION }, async (server) => {
      expect(await joinFrom(server, "203.0.113.1")).toBe(201);
      expect(await joinFrom(server, "203.0.113.2")).toBe(429);
    });
  });

  test("from a proxy that is not named is not trusted", async () => {
    await withServer({ settings: ONE_SESSION, trustProxy: ["10.0.0.0/8"] }, async (server) => {
      expect(await joinFrom(server, "203.0.113.1")).toBe(201);
      expect(await joinFrom(server, "203.0.113.2")).toBe(429);
    });
  });

  test("from a named one tells callers apart, by what that proxy itself has seen", async () => {
    await withServer({ settings: ONE_SESSION, trustProxy: ["127.0.0.1"] }, async (server) => {
      expect(await joinFrom(server, "203.0.113.1")).toBe(201);
      expect(await joinFrom(server, "203.0.113.2")).toBe(201);
      expect(await joinFrom(server, "203.0.113.1")).toBe(429);
      // What the caller itself has put in front is not trusted.
      expect(await joinFrom(server, "198.51.100.7, 203.0.113.1")).toBe(429);
      expect(await joinFrom(server, "203.0.113.9, 203.0.113.2")).toBe(429);
    });
  });

  test("through two named ones is trusted up to the first that is not", async () => {
    await withServer({ settings: ONE_SESSION, trustProxy: ["127.0.0.1", "10.0.0.0/8"] }, async (server) => {
      expect(await joinFrom(server, "203.0.113.1, 10.9.9.9")).toBe(201);
      expect(await joinFrom(server, "203.0.113.1, 10.8.8.8")).toBe(429);
      expect(await joinFrom(server, "203.0.113.3, 10.8.8.8")).toBe(201);
    });
  });

  test("with nonsense in it is one caller, however much nonsense", async () => {
    await withServer({ settings: ONE_SESSION, trustProxy: ["127.0.0.1"] }, async (server) => {
      expect(await joinFrom(server, "nonsense")).toBe(201);
      expect(await joinFrom(server, "x".repeat(5_000))).toBe(429);
      expect(await joinFrom(server, "999.1.1.1")).toBe(429);
    });
  });

  test("gives connections through a proxy to the callers whose requests they carry", async () => {
    await withServer({ settings: { addressConnections: 2 }, trustProxy: ["127.0.0.1"] }, async (server) => {
      const ask = async (from: string): Promise<RawConnection> => {
        const connection = await RawConnection.open(server.url);
        connection.socket.write(`GET /api/members HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: ${from}\r\n\r\n`);
        return connection;
      };
      const held: RawConnection[] = [];
      const statuses: number[] = [];
      for (const from of ["203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2", "203.0.113.2", "203.0.113.1"]) {
        const connection = await ask(from);
        held.push(connection);
        statuses.push(await statusOf(connection));
      }
      expect(statuses).toEqual([401, 401, 429, 401, 401, 429]);
      closeAll(held);
    });
  });
});

describe("a caller", () => {
  test.each([
    ["203.0.113.1", "203.0.113.1"],
    ["::ffff:203.0.113.1", "203.0.113.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["64:ff9b::203.0.113.1", "64:ff9b:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["1:2:3:4:5:6:203.0.113.1", "1:2:3:4::/64"],
    ["nonsense", "unknown"],
    ["", "unknown"],
  ])("at %j is %s", (address, key) => {
    expect(callerKey(address)).toBe(key);
  });

  test("two addresses of one /64 share what they may, two /64 do not", async () => {
    await withServer({ settings: ONE_SESSION, trustProxy: ["127.0.0.1"] }, async (server) => {
      expect(await joinFrom(server, "2001:db8:0:1::1")).toBe(201);
      expect(await joinFrom(server, "2001:db8:0:1:ffff::2")).toBe(429);
      expect(await joinFrom(server, "2001:db8:0:2::1")).toBe(201);
    });
  });

  test("evicted by others starts with fresh rates, and the number of remembered addresses stays within its limit", async () => {
    const app = Fastify({ trustProxy: () => true });
    const callers = new Callers(
      { ...DEFAULT_SETTINGS, ...ONE_SESSION, addresses: 10 },
      () => performance.now(),
      () => true,
    );
    callers.watch(app);
    app.get("/", (request, reply) => {
      const refused = callers.refusal(request, reply) ?? callers.refusalOf("sessions", request);
      // As when its connection has been closed.
      const caller = request.raw.socket.connection?.caller;
      if (caller) caller.connections -= 1;
      return { refused };
    });
    const refused = async (from: string): Promise<boolean> => {
      const answer: { refused: object | null } = (
        await app.inject({ url: "/", headers: { "x-forwarded-for": from } })
      ).json();
      return answer.refused !== null;
    };
    expect([await refused("203.0.113.1"), await refused("203.0.113.1")]).toEqual([false, true]);
    for (let n = 0; n < 100; n += 1) expect(await refused(`198.51.100.${n}`)).toBe(false);
    expect(callers.size).toBeLessThanOrEqual(10);
    expect(await refused("203.0.113.1")).toBe(false);
  });
});

describe("--trust-proxy", () => {
  test.each(["10.0.0.7", "10.0.0.0/8", "fd00::/8", "::1"])("takes %s", (range) => {
    expect(isRange(range)).toBe(true);
    expect(readOptions(["--trust-proxy", `${range}, 192.0.2.1`], {})).toMatchObject({
      trustProxy: [range, "192.0.2.1"],
    });
  });

  test.each(["true", "*", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "fd00::/129", "10.0.0.0/8/8", "localhost", "1"])(
    "refuses %s",
    (range) => {
      expect(() => readOptions(["--trust-proxy", range], {})).toThrow(OptionError);
    },
  );

  test("knows its ranges, IPv4 written as IPv6 too", () => {
    const isProxy = inRanges(["10.0.0.0/8", "192.0.2.1", "fd00::/8"]);
    expect(["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.1", "fd12::1"].map(isProxy)).toEqual([true, true, true, true]);
    expect(["11.1.2.3", "192.0.2.2", "fe00::1", "nonsense", ""].map(isProxy)).toEqual(Array(5).fill(false));
  });
});
