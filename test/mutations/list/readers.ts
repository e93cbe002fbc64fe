import type { Mutation } from "../contract.ts";

const HUB = "chat/hub.test.ts";

/** Readers: dense from attaching to `bye`, however slow the peer is. */
export const READER_MUTATIONS: readonly Mutation[] = [
  {
    name: "live-before-caught-up",
    breaks: "a reader joins the live feed before it has read what it missed",
    in: "Reader.#catchUp",
    text: "&& this.seq === this.#feed.flushed",
    becomes: "",
    tests: [{ file: HUB }],
  },
  {
    name: "frames-mixed-up",
    breaks: "readers that catch up over different ranges get the same frame",
    in: "FrameCache.frame",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of another file
    text: "+${events.length}",
    becomes: "",
    tests: [{ file: "chat/fan-out.test.ts" }],
  },
  {
    name: "batch-off-by-one",
    breaks: "the event behind a full batch is skipped",
    in: "Room.#takeBatch",
    text: "slice(events.length)",
    becomes: "slice(events.length + 1)",
    tests: [{ file: HUB }],
  },
  {
    name: "sse-drain-forgotten",
    breaks: "an SSE reader that was full once is never written to again",
    in: "sse.mount",
    statement: '"drain"',
    becomes: "",
    tests: [{ requirement: "slow-others", over: "sse" }],
  },
  {
    name: "websocket-drain-forgotten",
    breaks: "a WebSocket reader that was full once is never written to again",
    in: "listen",
    statement: "reader.resume(",
    becomes: "",
    tests: [{ requirement: "slow-others", over: "websocket" }],
  },
  {
    name: "poll-answered-twice",
    breaks: "an answered poll stays in the fan-out",
    in: "FanOut.broadcast",
    condition: '!== "more"',
    becomes: 'result === "full"',
    tests: [{ file: "chat/fan-out.test.ts" }],
  },
  {
    name: "slow-consumer-kept",
    breaks: "a reader that stops reading is kept forever",
    in: "Reader.onWriteResult",
    statement: '"slow_consumer"',
    becomes: "",
    tests: [{ file: HUB }],
  },
  {
    name: "heartbeats-off",
    breaks: "a quiet stream sends nothing and looks dead",
    in: "Reader.#onIdleTimer",
    statement: "#writeIdle(",
    becomes: ";",
    tests: [{ file: HUB }],
  },
  {
    name: "linger-zero",
    breaks: "a member whose connection breaks leaves at once",
    in: "Session.#useTransportOf",
    text: "reader.wire.lingerMs ?? this.#core.settings.lingerMs",
    becomes: "0",
    tests: [{ file: HUB }],
  },
  {
    name: "lower-numbers-allowed",
    breaks: "a superseded link comes back and supersedes in turn",
    in: "ReaderNumbers.allows",
    text: "number >= this.#newest",
    becomes: "number > 0",
    tests: [{ file: "chat/sessions.test.ts" }],
  },
  {
    name: "drain-without-bye",
    breaks: "a server that stops cuts its readers without a `bye`",
    in: "Connections.drain",
    statement: '"drain"',
    becomes: "reader.outlet.destroy(); reader.detach();",
    tests: [{ requirement: "drain-bye", over: "memory" }],
  },
  {
    name: "upgrade-behind-an-answer",
    breaks: "a WebSocket upgrade pipelined behind another request is neither opened nor refused, and hangs",
    in: "isUpgrade",
    text: "&& pipelining.current(socket) === undefined",
    becomes: "",
    tests: [{ file: "fuzz/sockets.test.ts" }],
  },
];
