import { spawnSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { OptionError, readOptions } from "../../src/server/options.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { endAll, isRunning, run } from "../support/command.ts";
import { freshRoom } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { RedisServer } from "../support/redis.ts";
import { until, within } from "../support/wait.ts";
import { scrape } from "./support/scrape.ts";

const MESSAGES = 100;
const REDIS = ["--store", "redis://127.0.0.1"];

afterEach(endAll);

/** The processes that one has started, and that have not ended. */
function childrenOf(pid: number | undefined): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=,stat=", "--ppid", String(pid)], { encoding: "utf8" });
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.includes("Z"));
  return lines.map((line) => Number.parseInt(line, 10));
}

test.each([
  [["--workers", "0", ...REDIS], /^--workers 0: it takes a whole number from 1 to 256\.$/],
  [["--workers", "two", ...REDIS], /^--workers two: it takes a whole number/],
  [["--workers", "2"], /^--workers 2: several workers need a store that they share/],
  [["--workers", "2", "--lab", ...REDIS], /^--lab and --workers can't be combined: /],
])("%j is refused with one line", (argv, message) => {
  expect(() => readOptions(argv, {})).toThrow(OptionError);
  expect(() => readOptions(argv, {})).toThrow(message);
});

test("with several workers there is no laboratory, and metrics only on ports of their own", () => {
  expect(readOptions(["--workers", "2", ...REDIS], {})).toMatchObject({ workers: 2, lab: false, metrics: "off" });
  expect(readOptions(REDIS, { SKYROCKET_WORKERS: "3", METRICS: "9464" })).toMatchObject({
    workers: 3,
    metrics: { host: "127.0.0.1", port: 9464 },
  });
  expect(readOptions(["--workers", "1"], {})).toMatchObject({ workers: 1, lab: { ports: null }, metrics: "loopback" });
});

describeWith("the command with --workers 2", [redis], () => {
  const start = (server: RedisServer, ...args: string[]) =>
    run(["--port", "0", "--workers", "2", "--rate-limit", "off", ...args], { env: { STORE: server.url } });

  test("members on both workers talk, a killed worker is replaced without a loss, and SIGTERM drains all", async () => {
    await using server = await RedisServer.start();
    // Two free ports, most likely: it is below the ephemeral range.
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const { child, exit, listening, output } = start(server, "--metrics", String(port));
    const url = await listening();
    expect(output.out.match(/listening on/g)).toHaveLength(1);
    await until("both workers' metrics", async () => {
      const places = [port, port + 1].map((each) => scrape(new URL(`http://127.0.0.1:${each}`)));
      return Promise.all(places).catch(() => null);
    });

    const room = freshRoom();
    await using stack = new AsyncDisposableStack();
    const members: Listener[] = [];
    for (const { name } of [...clientTransports, ...clientTransports]) {
      members.push(stack.use(await Listener.open(url, { room, name, transport: name })));
    }
    const readers = await Promise.all(
      [port, port + 1].map(async (each) => {
        const { samples } = await scrape(new URL(`http://127.0.0.1:${each}`));
        const attached = samples.filter(({ name }) => name === "skyrocket_attached_total");
        return attached.reduce((sum, { value }) => sum + value, 0);
      }),
    );
    expect(Math.min(...readers)).toBeGreaterThan(0);

    const before = childrenOf(child.pid);
    expect(before).toHaveLength(2);
    const [victim = 0] = before;
    const sent: string[] = [];
    for (let n = 0; n < MESSAGES; n += 1) {
      if (n === MESSAGES / 4) process.kill(victim, "SIGKILL");
      const text = `message ${n}`;
      await within("the reply", Promise.all([members[n % members.length]?.client.send(text)]));
      sent.push(text);
    }
    for (const member of members) {
      await member.untilTexts(MESSAGES);
      expect(member.texts).toEqual(sent);
      expect(member.gaps).toEqual([]);
    }
    const after = await until("the replacement", () => {
      const pids = childrenOf(child.pid);
      return pids.length === 2 ? pids : null;
    });
    expect(after).not.toContain(victim);
    expect(output.out.match(/a worker ended and will be replaced/g)).toHaveLength(1);
    expect(output.out).toContain('"worker":0,"ended":"SIGKILL"');
    await until("the replacement to listen", () => scrape(new URL(`http://127.0.0.1:${port}`)).catch(() => null));

    child.kill("SIGTERM");
    expect(await within("the end of the drain", exit)).toBe(0);
    expect(output.out.match(/"msg":"drained"/g)).toHaveLength(2);
    expect(after.filter(isRunning)).toEqual([]);
  });

  test("SIGHUP reaches every worker, and a second signal ends them at once", async () => {
    await using server = await RedisServer.start();
    const { child, exit, listening, output } = start(server, "--log", "info");
    await using reader = await Listener.open(await listening(), {
      room: freshRoom(),
      name: "reader",
      transport: "sse",
    });
    const pids = await until("two workers", () => {
      const found = childrenOf(child.pid);
      return found.length === 2 ? found : null;
    });
    await until("both lines", () => {
      child.kill("SIGHUP");
      return (output.out.match(/no certificate to reload/g) ?? []).length >= 2;
    });
    // A reader that takes nothing holds the drain up.
    reader.proxy.hold();
    child.kill("SIGTERM");
    await until("the drain", () => output.out.includes("draining"));
    child.kill("SIGTERM");
    expect(await exit).toBe(1);
    await until("the workers' end", () => !pids.some(isRunning));
  });

  test("workers end with a primary that is killed", async () => {
    await using server = await RedisServer.start();
    const { child, kill, listening } = start(server);
    await listening();
    const pids = childrenOf(child.pid);
    expect(pids.length).toBeGreaterThan(0);
    await kill();
    await until("the workers' end", () => !pids.some(isRunning));
  });

  test("a problem that all would have is printed once, and ends the command with 1", async () => {
    const { exit, output } = run(["--port", "0", "--workers", "2"], { env: { STORE: "redis://127.0.0.1:1" } });
    expect(await exit).toBe(1);
    expect(output.err.trim().split("\n")).toEqual([expect.stringContaining("redis://127.0.0.1:1 can't be used")]);
  });
});
