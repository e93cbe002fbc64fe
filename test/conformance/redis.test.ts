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

/** Not kept yet: what one node has learned reaches the other a moment later, or with its own next call. */
const LATER = {
  via: "The other node may not know the reader's transport yet.",
  members: "The other node may not know the reader's transport yet.",
  "older-goes-on": "The other node may not know the older reader yet.",
  "rate-limit-after-dedupe":
    "The other node may not know the first reply yet, and its limit comes before it asks Redis.",
};

const PER_NODE = "Limits count on each node, and these commands take turns between two.";
/** Commands of one session that come to both nodes. */
const BY_POST = { "rate-limit": PER_NODE, typing: PER_NODE };

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
    for (const transport of clientTransports) {
      const harness = networkHarness(transport, { store, defaults, nodes: 2 });
      conform(harness, {
        ...LATER,
        ...(transport.duplex ? {} : BY_POST),
      });
    }
  });
});
