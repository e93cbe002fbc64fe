import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import type { Script } from "../../../src/log/redis/link.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { RedisServer } from "../../support/redis.ts";
import { until } from "../../support/wait.ts";
import { RedisProxy, TestLink } from "./support.ts";

function script(source: string): Script {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}
const ADD = script("#!lua\nreturn redis.call('INCRBY', KEYS[1], ARGV[1])");

describeWith("a link to Redis", [redis], () => {
  test("runs commands and scripts, and receives what is published", async () => {
    await using server = await RedisServer.start();
    await using one = await TestLink.connected(server.url, [ADD]);
    await using other = await TestLink.connected(server.url);
    expect(one.link.hearing).toBe(true);
    expect(await one.link.run(ADD, ["sum"], ["2"])).toBe(2);
    expect(await one.link.command("GET", "sum")).toBe("2");
    const received: string[] = [];
    await one.link.subscribe("news", (message) => received.push(message));
    other.link.publish("news", "first\nsecond é");
    await until("the message", () => received.length > 0);
    expect(received).toEqual(["first\nsecond é"]);
  });

  test("calls that are pending when the connection is cut reject as down, and later calls work after the next up", async () => {
    await using server = await RedisServer.start();
    await using proxy = await RedisProxy.open(server.port);
    await using test = await TestLink.connected(`redis://${proxy.address}`, [ADD]);
    const { link } = test;
    const pending = link.command("BLPOP", "empty", "0");
    proxy.cut();
    await expect(pending).rejects.toMatchObject({ name: "RedisError", kind: "down" });
    await test.untilDown(1);
    expect(test.downs[0]).toMatchObject({ kind: "down", code: "ECONNRESET" });
    expect(link.hearing).toBe(false);
    await expect(link.command("PING")).rejects.toMatchObject({ kind: "down" });
    await test.untilUp(2);
    expect(link.hearing).toBe(true);
    expect(link.reconnects).toBe(1);
    expect(await link.run(ADD, ["sum"], ["1"])).toBe(1);
  });
});
