import { expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { startServer } from "../../src/server/server.ts";
import { talkOnAllTransports } from "../support/listener.ts";
import { RedisServer } from "../support/redis.ts";
import { describeWith } from "./support/needs.ts";
import { nginx, nginxBefore } from "./support/programs.ts";
import { RunningProxy } from "./support/running-proxy.ts";

describeWith("nginx before three nodes, without sticky sessions", [nginx.tool, redis], () => {
  test("a room works on every transport, also after a node has gone", async () => {
    await using ending = new AsyncDisposableStack();
    const { url } = ending.use(await RedisServer.start());
    const start = async () => {
      const server = await startServer({
        store: { kind: "redis", url, prefix: "sk", durability: "process" },
        trustProxy: ["127.0.0.1"],
        rateLimit: false,
      });
      ending.defer(() => server.close());
      return server;
    };
    const [one, two, three] = [await start(), await start(), await start()];
    const program = nginxBefore([one.url.port, two.url.port, three.url.port]);
    const proxy = ending.use(await RunningProxy.start(program, one.url));
    await talkOnAllTransports(proxy.url, () => {
      for (const { counts } of [one, two, three]) expect(counts.sessions).toBeGreaterThan(0);
      return two.close();
    });
  });
});
