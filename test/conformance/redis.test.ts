import { afterAll, beforeAll, describe } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import type { StoreSpec } from "../../src/log/open.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { RedisServer } from "../support/redis.ts";
import { networkHarness } from "./harnesses/network.ts";
import { conform } from "./run.ts";

// The whole protocol once more, with rooms in Redis: on one node, and on two where each request reaches the other one,
// polls and commands of one session included.

/** Members leave soon after their linger, not up to 20 s later. */
const defaults = { renewMs: 100 };

describeWith("Redis", [redis], () => {
  let server: RedisServer;
  let stores = 0;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  /** A store of its own for each server under test, with a secret of its own. */
  const store = (): StoreSpec => {
    stores += 1;
    return { kind: "redis", url: server.url, prefix: `sk${stores}`, durability: "process" };
  };

  describe("one node", () => {
    for (const transport of clientTransports) conform(networkHarness(transport, { store, defaults }));
  });

  describe("two nodes", () => {
    for (const transport of clientTransports) conform(networkHarness(transport, { store, defaults, nodes: 2 }));
  });
});
