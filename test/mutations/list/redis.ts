import type { Mutation } from "../contract.ts";

const NODES = "redis/nodes.test.ts";
const LINK = "redis/link.test.ts";

/** Several processes on Redis: checks without which a guarantee would break. */
export const REDIS_MUTATIONS: readonly Mutation[] = [
  {
    name: "history-unchecked",
    breaks: "events are appended to a history in which acknowledged ones are missing, under the same epoch",
    in: "load",
    text: 'read("./room.lua")',
    becomes: 'read("./room.lua").replace("master_replid:(%x+)", "role:(%a+)")',
    tests: [{ file: NODES, title: "after a restart of Redis everyone continues" }],
  },
  {
    name: "echo-unawaited",
    breaks: "a node that no longer gets events from Redis takes that for silence in its rooms",
    in: "RedisLink.#tick",
    condition: ">= DEAF_MS",
    becomes: "false",
    tests: [{ file: LINK }],
  },
  {
    name: "gap-unasked",
    breaks: "a client whose last poll was answered by a node with newer events gets a gap",
    in: "RedisLog.read",
    condition: "!this.#knows(after)",
    becomes: "false",
    tests: [{ file: NODES, title: "a poll at a node that has not heard" }],
  },
  {
    name: "two-calls-in-flight",
    breaks: "two calls of one room carry the same operations",
    in: "OpQueue.#run",
    text: "??=",
    becomes: "=",
    tests: [{ file: "redis/op-queue.test.ts" }],
  },
  {
    name: "reaped-after-outage",
    breaks: "all members leave when Redis comes back",
    in: "RedisPresence.onDeadline",
    condition: "this.#store.hearingForMs",
    becomes: "false",
    tests: [{ file: "redis/presence.test.ts" }],
  },
];
