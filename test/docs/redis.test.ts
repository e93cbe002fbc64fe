import { expect, test } from "vitest";
import { NodeProxy } from "../../scripts/cluster/node-proxy.ts";
import { redis } from "../../scripts/setup/tools.ts";
import type { Durability } from "../../src/log/sqlite/database.ts";
import { startServer } from "../../src/server/server.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { Api } from "../support/api.ts";
import { asRoom } from "../support/cast.ts";
import { freshId, freshRoom, say } from "../support/ids.ts";
import { RedisServer } from "../support/redis.ts";
import { blocksOf } from "./support/blocks.ts";
import { read } from "./support/documents.ts";

/** The recommended lines of redis.conf. The tests' own connection needs the default user. */
const LINES = blocksOf(read("docs/operations.md"))
  .filter(({ language }) => language === "conf")
  .flatMap(({ text }) => text.split("\n"))
  .filter((line) => line !== "user default off");

describeWith("the Redis settings of docs/operations.md", [redis], () => {
  test.each<Durability>(["process", "power"])(
    "two nodes with --durability %s need no right that the recommended user does not have",
    async (durability) => {
      const config = Object.fromEntries(
        LINES.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
      );
      expect(Object.keys(config)).toEqual(["appendonly", "maxmemory", "maxmemory-policy", "user"]);
      await using ending = new AsyncDisposableStack();
      const server = ending.use(await RedisServer.start({ config: { ...config, appendfsync: "always" } }));
      const url = server.url.replace("//", "//skyrocket:PASSWORD@");
      const start = async (): Promise<URL> => {
        const node = await startServer({
          store: { kind: "redis", url, prefix: "sk", durability },
          rateLimit: false,
          trustProxy: ["127.0.0.1"],
          // A crowd of two, and a window of a few events: so that each branch of the scripts is taken.
          settings: { censusFrom: 2, replayEvents: 20, dedupeMs: 1, lingerMs: 200, renewMs: 100 },
        });
        ending.defer(() => node.close());
        return node.url;
      };
      const proxy = ending.use(await NodeProxy.start([await start(), await start()]));
      const api = new Api(proxy.url);
      ending.defer(() => api.close());

      const room = asRoom(freshRoom());
      const [ada, , grace] = [
        await api.openSession(room, "Ada", "a long room key"),
        await api.openSession(room, "Silent", "a long room key"),
        await api.openSession(room, "Grace", "a long room key"),
      ];
      for (let sent = 0; sent < 400; sent += 1) await api.execute(ada.session, say(`message ${sent}`));
      await api.execute(ada.session, { type: "typing", id: freshId() });
      expect((await api.history(grace.session, (await api.current(grace.session)).cursor, 5)).events).toHaveLength(5);
      await api.end(grace.session);
      await expect.poll(async () => (await api.members(ada.session)).count).toBe(1);
      await expect(api.openSession(room, "Mallory")).rejects.toMatchObject({ code: "not_allowed" });

      // The lives of rooms: after a restart a new one begins.
      await server.restart();
      await expect.poll(() => api.execute(ada.session, say("after the restart"))).toMatchObject({ type: "ok" });
      expect(await server.command("ACL", "LOG")).toEqual([]);
    },
  );
});
