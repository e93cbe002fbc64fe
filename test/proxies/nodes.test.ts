import { expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { freshRoom } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
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
    const members: Listener[] = [];
    const room = freshRoom();
    for (const { name } of clientTransports) {
      members.push(ending.use(await Listener.open(proxy.url, { room, name, transport: name })));
    }
    for (const { counts } of [one, two, three]) expect(counts.sessions).toBeGreaterThan(0);
    const sent: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      if (n === 20) await two.close();
      await members[n % members.length]?.client.send(`message ${n}`);
      sent.push(`message ${n}`);
    }
    for (const member of members) {
      await member.untilTexts(sent.length);
      expect(member.texts).toEqual(sent);
      expect(member.gaps).toEqual([]);
    }
  });
});
