import type { Mutation } from "../contract.ts";

const HUB = "test/chat/hub.test.ts";
const NETWORK = "test/conformance/transports.test.ts";

/** Readers: an unbroken row from attaching to `bye`, whatever the speed of the peer. */
export const READER_MUTATIONS: readonly Mutation[] = [
  {
    name: "live-before-caught-up",
    breaks: "a reader joins the live feed before it has read what it missed",
    file: "src/chat/reader.ts",
    find: "if (this.#epoch === this.room.epoch && this.seq === this.room.flushed) {",
    replace: "if (this.#epoch === this.room.epoch) {",
    tests: [{ file: HUB, only: "row unbroken" }],
  },
  {
    name: "frames-mixed-up",
    breaks: "readers that catch up over different stretches are given the same frame",
    file: "src/chat/lane.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of another file
    find: "const key = `${from}+${events.length}`;",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
    replace: "const key = `${from}`;",
    tests: [{ file: "test/chat/frames.test.ts" }],
  },
  {
    name: "batch-off-by-one",
    breaks: "what is behind a full batch is passed over",
    file: "src/chat/room.ts",
    find: "this.#pending.slice(events.length)",
    replace: "this.#pending.slice(events.length + 1)",
    tests: [{ file: HUB, only: "row unbroken" }],
  },
  {
    name: "sse-drain-forgotten",
    breaks: "an SSE reader that was full once is never written to again",
    file: "src/transports/sse/server.ts",
    find: 'outlet.sink.on("drain", () => reader.resume());',
    replace: "",
    tests: [{ file: NETWORK, only: "sse > slow-others" }],
  },
  {
    name: "websocket-drain-forgotten",
    breaks: "a WebSocket reader that was full once is never written to again",
    file: "src/transports/websocket/server.ts",
    find: "    if (socket.isPaused) socket.resume();\n    reader.resume();\n",
    replace: "    if (socket.isPaused) socket.resume();\n",
    tests: [{ file: NETWORK, only: "websocket > slow-others" }],
  },
  {
    name: "poll-answered-twice",
    breaks: "a poll that was answered stays in its lane",
    file: "src/chat/lane.ts",
    find: 'if (answer !== "more") this.#readers[place]?.settle(answer);',
    replace: 'if (answer === "full") this.#readers[place]?.settle(answer);',
    tests: [{ file: "test/chat/lane.test.ts" }],
  },
  {
    name: "slow-consumer-kept",
    breaks: "a reader that stops reading is kept for ever",
    file: "src/chat/reader.ts",
    find: 'this.#endTimer = this.room.after(this.room.settings.slowMs, () => this.bye("slow_consumer"));',
    replace: "",
    tests: [{ file: HUB, only: "stays full for too long" }],
  },
  {
    name: "heartbeats-off",
    breaks: "a quiet stream is silent, and taken for dead",
    file: "src/chat/reader.ts",
    find: 'if (due && this.#state === "head") this.#write(this.#frames.idle(this.room.now()));',
    replace: "",
    tests: [{ file: HUB, only: "sends idle only after silence" }],
  },
  {
    name: "linger-zero",
    breaks: "who is cut off has left at once",
    file: "src/chat/session.ts",
    find: "    this.lingerMs = settings.lingerMs;\n",
    replace: "    this.lingerMs = 0;\n",
    tests: [{ file: HUB, only: "lets a silent member go after its linger" }],
  },
  {
    name: "lower-numbers-allowed",
    breaks: "a link that was superseded comes back and supersedes in turn",
    file: "src/chat/reader-numbers.ts",
    find: "return number >= this.#newest || (number === this.#older && this.#elapsed() < this.#olderUntil);",
    replace: "return number > 0;",
    tests: [{ file: "test/chat/sessions.test.ts", only: "reader numbers" }],
  },
  {
    name: "drain-without-bye",
    breaks: "a server that stops cuts its readers without a word",
    file: "src/chat/drain.ts",
    find: 'reader.bye("drain", Math.floor(world.random() * SPREAD_MS));',
    replace: "reader.outlet.destroy();\n        reader.detach();",
    tests: [{ file: "test/conformance/memory.test.ts", only: "drain-bye" }],
  },
  {
    name: "upgrade-behind-an-answer",
    breaks: "a WebSocket asked for right behind another request is neither opened nor refused, and stays for good",
    file: "src/server/app.ts",
    find: " && pipelining.current(socket) === undefined;",
    replace: ";",
    tests: [{ file: "test/fuzz/sockets.test.ts" }],
  },
];
