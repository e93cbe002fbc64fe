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
  {
    name: "call-in-flight-forgotten",
    breaks: "a sender learns that nothing was stored while a call with its message is under way",
    in: "OpQueue.#send",
    text: "each.unanswered += 1",
    becomes: "void each",
    tests: [{ file: "redis/op-queue.test.ts", title: "whose call is under way when the queue closes" }],
  },
  {
    name: "stored-unanswered",
    breaks: "a sender waits without end for the reply to a stored message",
    in: "OpQueue.#settle",
    statement: "this.#core.report(error)",
    becomes: "throw error;",
    tests: [{ file: "redis/op-queue.test.ts", title: "an operation that was stored is answered" }],
  },
  {
    name: "session-ended-here-only",
    breaks: "a session that is ended at a node that has not opened its room goes on at the others",
    in: "RedisStore.#revoke",
    text: "this.#reaching(() => this.#scripts.end(room, this.#node, member, until))",
    becomes: "undefined",
    tests: [{ file: NODES, title: "a session that is ended when its room is gone" }],
  },
  {
    name: "layout-unchecked",
    breaks: "a node reads and writes data of a newer version, whose layout it does not know",
    in: "checkLayout",
    condition: "<= LAYOUT",
    becomes: "true",
    tests: [{ file: LINK, title: "data of a newer version" }],
  },
  {
    name: "database-accepted",
    breaks: "two deployments in two databases of one Redis receive each other's messages",
    in: "parseRedisAddress",
    condition: 'path !== "0"',
    becomes: "false",
    tests: [{ file: "redis/address.test.ts" }],
  },
];
