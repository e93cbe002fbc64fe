import { fileURLToPath } from "node:url";
import type { Row } from "../../contract.ts";
import { packageNote } from "../installed.ts";
import { sockJsLongPolling, sockJsSse, sockJsWebSocket } from "./dialect.ts";

const shared = {
  ...packageNote("sockjs"),
  system: "sockjs",
  kind: "peer",
  server: () => [fileURLToPath(new URL("./server.ts", import.meta.url))],
  resumes: false,
} as const;

const PATH =
  "Published by a text frame on the publisher's own raw WebSocket, to which nothing is broadcast; conn.write for every connection, as SockJS has no rooms; log off, heartbeat 25 s (default), disconnect_delay 10 s, no history.";

export const SOCKJS_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "sockjs-websocket",
    title: "SockJS, WebSocket",
    leg: "websocket",
    setting: `The raw WebSocket, which has neither framing nor heartbeats of SockJS; no compression. ${PATH}`,
    dialect: sockJsWebSocket,
  },
  {
    ...shared,
    name: "sockjs-sse",
    title: "SockJS, EventSource",
    leg: "sse",
    setting: `response_limit lifted, so that no stream ends after 128 KiB. ${PATH}`,
    dialect: sockJsSse,
  },
  {
    ...shared,
    name: "sockjs-long-polling",
    title: "SockJS, xhr-polling",
    leg: "long-polling",
    setting: `Polls on one keep-alive connection; what is written between two of them waits in the session. ${PATH}`,
    dialect: sockJsLongPolling,
  },
];
