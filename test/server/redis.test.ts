import { afterEach, expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { Api } from "../support/api.ts";
import { endAll, run } from "../support/command.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask } from "../support/raw-http.ts";
import { RedisServer } from "../support/redis.ts";
import { until } from "../support/wait.ts";
import { scrape } from "./support/scrape.ts";

const EVENTS = "skyrocket_redis_events_total";
const AGE = "skyrocket_redis_echo_age_seconds";

let server: RunningServer | null = null;
afterEach(async () => {
  endAll();
  await server?.close();
  server = null;
});

async function start(redisServer: RedisServer): Promise<URL> {
  const store = { kind: "redis", url: redisServer.url, prefix: "test", durability: "process" } as const;
  server = await startServer({ rateLimit: false, store });
  return server.url;
}

async function readyz(url: URL): Promise<{ status: number; body: unknown }> {
  const { status, body } = await ask(new URL("/readyz", url));
  return { status, body: JSON.parse(body) };
}

/** Resolves once `/readyz` answers with this status. */
async function untilStatus(url: URL, status: number): Promise<unknown> {
  return until(`/readyz to answer ${status}`, async () => {
    const answer = await readyz(url);
    return answer.status === status ? answer.body : null;
  });
}

describeWith("a server on Redis", [redis], () => {
  test("a Redis that hangs makes it unready, and a message that gets no reply is counted as unknown", async () => {
    await using redisServer = await RedisServer.start();
    const url = await start(redisServer);
    const api = new Api(url);
    const { session } = await api.openSession(freshRoom());
    expect((await readyz(url)).status).toBe(200);
    expect((await scrape(url)).value(AGE)).toBeLessThan(3);
    await redisServer.kill("SIGSTOP");
    const pending = api.execute(session, say("hi"));
    expect(await untilStatus(url, 503)).toEqual({ status: "store", reason: expect.stringMatching(/^Redis is out/) });
    const deaf = await scrape(url);
    expect(deaf.value(AGE)).toBeGreaterThan(3);
    expect(deaf.value("skyrocket_unready", { reason: "store" })).toBe(1);
    expect((await ask(new URL("/healthz", url))).status).toBe(200);
    expect(await pending).toMatchObject({ type: "refused", message: expect.stringContaining("not known") });
    expect((await scrape(url)).value(EVENTS, { event: "outcome_unknown" })).toBeGreaterThanOrEqual(1);
    await redisServer.kill("SIGCONT");
    await untilStatus(url, 200);
    expect((await scrape(url)).value(EVENTS, { event: "reconnect" })).toBe(1);
  });

  test("script calls, holes in what is published and new epochs are counted", async () => {
    await using redisServer = await RedisServer.start({ config: { appendonly: "yes" } });
    const url = await start(redisServer);
    const api = new Api(url);
    const room = freshRoom();
    const { session, cursor } = await api.openSession(room);
    await api.execute(session, say("hi"));
    const before = await scrape(url);
    expect(before.value("skyrocket_redis_script_seconds_count")).toBeGreaterThanOrEqual(2);
    for (const event of ["reconnect", "hole", "epoch", "outcome_unknown"])
      expect(before.value(EVENTS, { event })).toBe(0);
    const [epoch = ""] = cursor.split("-");
    const far = JSON.stringify({ type: "left", seq: 9, at: 0, member: { id: "m", name: "Eve" } });
    await redisServer.command("SPUBLISH", `test:{${room}}:c`, `${epoch} 9 another\n${far}`);
    await until("the hole", async () => (await scrape(url)).value(EVENTS, { event: "hole" }) === 1);
    await redisServer.restart();
    await until("the new epoch", async () => (await scrape(url)).value(EVENTS, { event: "epoch" }) === 1);
  });

  test("keys and channels begin with the prefix", async () => {
    await using redisServer = await RedisServer.start();
    await new Api(await start(redisServer)).openSession(freshRoom());
    const names = [
      await redisServer.command("KEYS", "*"),
      await redisServer.command("PUBSUB", "SHARDCHANNELS"),
    ].flatMap((reply) => (Array.isArray(reply) ? reply.map(String) : []));
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !name.startsWith("test:"))).toEqual([]);
  });

  test("the log has one line when Redis goes out of reach and one when it is back, without the password", async () => {
    const password = "not-to-be-logged";
    await using redisServer = await RedisServer.start({ config: { requirepass: password } });
    const { listening, output, child, exit } = run(["--port", "0", "--no-lab"], { env: { STORE: redisServer.url } });
    const url = await listening();
    const lines = (level: number) => output.out.split("\n").filter((line) => line.includes(`"level":${level}`));
    const notes = lines(30).length;
    await redisServer.kill();
    await untilStatus(url, 503);
    await redisServer.restart();
    await untilStatus(url, 200);
    await until("the second line", () => lines(30).length > notes);
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(lines(50)).toEqual([expect.stringContaining(`redis://127.0.0.1:${redisServer.port} is out of reach (`)]);
    expect(lines(30).filter((line) => line.includes("store recovered"))).toHaveLength(1);
    expect(output.out + output.err).not.toContain(password);
  });
});
