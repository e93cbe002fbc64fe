import type { Mutation } from "../contract.ts";

const KEEPING = "test/log/keeping.test.ts";
const LOG = "test/chat/log.test.ts";

/** The log: stored before acknowledged, dense, with its epoch and its gaps told. */
export const LOG_MUTATIONS: readonly Mutation[] = [
  {
    name: "ack-before-storing-memory",
    breaks: "the memory log acknowledges an event before it holds it",
    file: "src/log/memory.ts",
    find: `    this.#window.push({ event, bytes, at });
    this.#window.evict();
    this.#listener?.(event, bytes);
`,
    replace: `    setImmediate(() => {
      this.#window.push({ event, bytes, at });
      this.#window.evict();
      this.#listener?.(event, bytes);
    });
`,
    tests: [{ file: LOG }],
  },
  {
    name: "ack-before-storing-sqlite",
    breaks: "the SQLite log acknowledges an event before its commit",
    file: "src/log/sqlite-log.ts",
    find: `    return new Promise((resolve, reject) => {
      commits.add({`,
    replace: `    return new Promise((resolve, reject) => {
      resolve(event);
      commits.add({`,
    tests: [{ file: KEEPING }],
  },
  {
    name: "told-before-storing-sqlite",
    breaks: "readers hear of an event before its commit",
    file: "src/log/sqlite-log.ts",
    find: "        apply: () => tables.insertEvent(",
    replace: "        apply: () => this.#listener?.(event, bytes) ?? tables.insertEvent(",
    tests: [{ file: KEEPING, only: "not heard of before" }],
  },
  {
    name: "group-commit-off-by-one",
    breaks: "the first write of each turn is told as stored and is not",
    file: "src/log/group-commit.ts",
    find: "for (const write of writes) write.apply();",
    replace: "for (const write of writes.slice(1)) write.apply();",
    tests: [{ file: KEEPING }],
  },
  {
    name: "dedupe-lost-on-restart",
    breaks: "a command sent again after a restart is carried out again",
    file: "src/chat/room.ts",
    find: "this.dedupe.recall(recollection.replies, world.elapsed());",
    replace: "",
    tests: [{ file: KEEPING, only: "answers a copy of a command of before" }],
  },
  {
    name: "epoch-unchecked",
    breaks: "a cursor of another life of the log is read on from as if it were of this one",
    file: "src/log/memory.ts",
    find: "if (after.epoch !== this.epoch || after.seq > this.head)",
    replace: "if (after.seq > this.head)",
    tests: [{ file: LOG }],
  },
  {
    name: "gap-untold",
    breaks: "a reader that has missed events is not told so",
    file: "src/chat/reader.ts",
    find: "return gap === null ? [] : [gap];",
    replace: "return [];",
    tests: [{ file: "test/conformance/memory.test.ts", only: "gap-" }],
  },
  {
    name: "window-unbounded",
    breaks: "a room's log grows for ever",
    file: "src/log/memory.ts",
    find: "    this.#window.evict();\n",
    replace: "",
    tests: [{ file: LOG }],
  },
];
