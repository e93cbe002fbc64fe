import type { Mutation } from "../contract.ts";

const KEEPING = "log/keeping.test.ts";
const LOG = "log/memory.test.ts";

/** The log: stored before acknowledged, dense, with its epoch, and with every gap announced. */
export const LOG_MUTATIONS: readonly Mutation[] = [
  {
    name: "ack-before-storing-memory",
    breaks: "the memory log acknowledges an event before it holds it",
    in: "MemoryLog.append",
    text: "this.#window.push({ event, bytes, at });",
    becomes: "setImmediate(() => this.#window.push({ event, bytes, at }));",
    tests: [{ file: LOG }],
  },
  {
    name: "ack-before-storing-sqlite",
    breaks: "the SQLite log acknowledges an event before its commit",
    in: "SqliteLog.append",
    text: "commits.add({",
    becomes: "resolve(event); commits.add({",
    tests: [{ file: KEEPING }],
  },
  {
    name: "delivered-before-storing-sqlite",
    breaks: "readers receive an event before its commit",
    in: "SqliteLog.append",
    text: "tables.insertEvent(",
    becomes: "this.#listener?.(event, bytes) ?? tables.insertEvent(",
    tests: [{ file: KEEPING }],
  },
  {
    name: "group-commit-off-by-one",
    breaks: "the first write of each turn is acknowledged and not stored",
    in: "GroupCommit.flush",
    text: "of writes) write.apply()",
    becomes: "of writes.slice(1)) write.apply()",
    tests: [{ file: KEEPING }],
  },
  {
    name: "dedupe-lost-on-restart",
    breaks: "a command sent again after a restart is carried out again",
    in: "SqliteStore.#open",
    statement: "dedupe.restore(",
    becomes: "",
    tests: [{ file: KEEPING }],
  },
  {
    name: "epoch-unchecked",
    breaks: "a cursor of another epoch is continued as if it were of this one",
    in: "MemoryLog.read",
    text: "after.epoch !== this.epoch ||",
    becomes: "",
    tests: [{ file: LOG }],
  },
  {
    name: "gap-omitted",
    breaks: "a reader that has missed events gets no gap event",
    in: "Reader.#takeGap",
    text: "[gap]",
    becomes: "[]",
    tests: [{ requirement: "gap-overrun", over: "memory" }],
  },
  {
    name: "window-unbounded",
    breaks: "a room's log grows without limit",
    in: "MemoryLog.append",
    statement: ".evict(",
    becomes: "",
    tests: [{ file: LOG }],
  },
];
