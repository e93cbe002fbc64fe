import type { Mutation } from "../contract.ts";

const SLOW = "load/slow.test.ts";
const LEAKS = "load/leaks.test.ts";

/** Load: full sockets are not written to, closed connections are forgotten, excess load is shed. */
export const LOAD_MUTATIONS: readonly Mutation[] = [
  {
    name: "sse-full-ignored",
    breaks: "events for an SSE reader that does not read pile up in memory",
    in: "StreamOutlet.write",
    text: '? "more" : "full"',
    becomes: '? "more" : "more"',
    tests: [{ file: SLOW, title: "one batch each on %s", of: "sse" }],
  },
  {
    name: "websocket-full-ignored",
    breaks: "events for a WebSocket that does not read pile up in memory",
    in: "SocketOutlet.write",
    text: '? "more" : "full"',
    becomes: '? "more" : "more"',
    tests: [{ file: SLOW, title: "one batch each on %s", of: "websocket" }],
  },
  {
    name: "replies-pile-up",
    breaks: "a peer that sends commands and never reads the replies fills the server's memory",
    in: "listen",
    statement: "socket.pause(",
    becomes: ";",
    tests: [{ file: SLOW, title: "never reads its replies" }],
  },
  {
    name: "sockets-remembered",
    breaks: "closed connections stay in memory",
    in: "SlowReads.add",
    statement: "#all.delete(",
    becomes: "",
    tests: [{ file: LEAKS, title: "on $name", of: "sse" }],
  },
  {
    name: "readers-remembered",
    breaks: "detached readers are counted forever",
    in: "Sessions.disconnected",
    statement: ".remove(",
    becomes: "",
    tests: [{ file: LEAKS, title: "on $name", of: "websocket" }],
  },
  {
    name: "log-bytes-unbounded",
    breaks: "the logs of all rooms together exceed their limit",
    in: "Commands.#say",
    statement: ".makeSpaceForMessage(",
    becomes: "",
    tests: [{ file: "load/limits.test.ts", title: "limit of log bytes" }],
  },
];
