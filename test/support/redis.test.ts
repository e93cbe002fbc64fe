import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { RedisServer } from "./redis.ts";
import { until } from "./wait.ts";

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describeWith("the tests' redis-server", [redis], () => {
  test("a redis-server answers from its start until it is disposed, and its process is then gone", async () => {
    let pid: number;
    {
      await using server = await RedisServer.start();
      pid = server.pid;
      expect(await server.command("SET", "key", "value")).toBe("OK");
      await server.config("maxmemory", "5mb");
      expect(await server.command("CONFIG", "GET", "maxmemory")).toEqual(["maxmemory", "5242880"]);
      await expect(server.command("INCR", "key")).rejects.toThrow(/not an integer/);
    }
    expect(isRunning(pid)).toBe(false);
  });

  test("a redis-server ends when the process that started it is killed", async () => {
    const started = `import { RedisServer } from "${new URL("./redis.ts", import.meta.url)}";
      const server = await RedisServer.start();
      await server.restart();
      console.log(server.pid);
      setInterval(() => {}, 1_000_000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", started], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(parent.stdout, "data");
    const pid = Number(line);
    expect(isRunning(pid)).toBe(true);
    parent.kill("SIGKILL");
    await until("its end", () => !isRunning(pid));
  });

  test("a killed redis-server restarts on its port and folder, empty or with its append-only file", async () => {
    await using forgetting = await RedisServer.start();
    await using keeping = await RedisServer.start({ config: { appendonly: "yes", requirepass: "p@ss/word" } });
    for (const server of [forgetting, keeping]) {
      const { pid, url } = server;
      await server.command("SET", "key", "value");
      await server.kill();
      await expect(server.command("GET", "key")).rejects.toThrow(/ECONNREFUSED/);
      await server.restart();
      expect(server.pid).not.toBe(pid);
      expect(server.url).toBe(url);
    }
    expect(await forgetting.command("GET", "key")).toBe(null);
    expect(await keeping.command("GET", "key")).toBe("value");
    expect(keeping.url).toBe(`redis://:p%40ss%2Fword@127.0.0.1:${keeping.port}`);
  });

  test("a redis-server that can't start rejects with its own output", async () => {
    await expect(RedisServer.start({ config: { maxmemory: "much" } })).rejects.toThrow(/FATAL CONFIG FILE ERROR/);
  });

  test("a sentinel makes a replica the primary when the primary is killed", async () => {
    await using primary = await RedisServer.start();
    await primary.command("SET", "key", "value");
    await using replica = await RedisServer.start({ replicaOf: primary });
    expect(await replica.command("GET", "key")).toBe("value");
    await using sentinel = await RedisServer.startSentinel({ primary, name: "chat" });
    await primary.kill();
    await until("the sentinel to name the replica", async () => {
      const address = await sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "chat");
      return Array.isArray(address) && address[1] === String(replica.port);
    });
    await until("the replica to take writes", () => replica.command("SET", "key", "new").then(Boolean, () => false));
  });
});
