import type { Mutation } from "../contract.ts";

const SLOW = "test/load/slow.test.ts";
const LEAKS = "test/load/leaks.test.ts";

/** Load: what is full is not written to, what has gone is forgotten, what is too much is shed. */
export const LOAD_MUTATIONS: readonly Mutation[] = [
  {
    name: "sse-full-ignored",
    breaks: "events for a reader of SSE that does not read pile up in memory",
    file: "src/transports/sse/server.ts",
    find: 'return this.sink.write(frame) ? "more" : "full";',
    replace: 'return this.sink.write(frame) ? "more" : "more";',
    tests: [{ file: SLOW, only: "batch each on sse" }],
  },
  {
    name: "websocket-full-ignored",
    breaks: "events for a WebSocket that does not read pile up in memory",
    file: "src/transports/websocket/server.ts",
    find: 'return this.#raw.write(frame) ? "more" : "full";',
    replace: 'return this.#raw.write(frame) ? "more" : "more";',
    tests: [{ file: SLOW, only: "batch each on websocket" }],
  },
  {
    name: "replies-pile-up",
    breaks: "who sends commands and never reads the replies fills the server's memory",
    file: "src/transports/websocket/server.ts",
    find: "if (!raw.write(textFrame(reply))) socket.pause();",
    replace: "raw.write(textFrame(reply));",
    tests: [{ file: SLOW, only: "talks and never reads" }],
  },
  {
    name: "sockets-remembered",
    breaks: "connections that have gone stay in memory",
    file: "src/server/slow-reads.ts",
    find: "      this.#all.delete(outgoing);\n",
    replace: "",
    tests: [{ file: LEAKS, only: "on sse" }],
  },
  {
    name: "readers-remembered",
    breaks: "readers that have gone are counted for ever",
    file: "src/chat/hub.ts",
    find: "    this.#connections.remove(reader);\n",
    replace: "",
    tests: [{ file: LEAKS, only: "on websocket" }],
  },
  {
    name: "log-bytes-unbounded",
    breaks: "the logs of all rooms together grow beyond their limit",
    file: "src/chat/commands.ts",
    find: "    this.#rooms.makeWay();\n",
    replace: "",
    tests: [{ file: "test/load/limits.test.ts", only: "bytes of all logs together" }],
  },
];
