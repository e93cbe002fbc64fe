import { fileURLToPath } from "node:url";
import type { Row } from "../../contract.ts";
import { packageNote } from "../installed.ts";
import { fayeLongPolling, fayeSse, fayeWebSocket } from "./dialect.ts";

const shared = {
  ...packageNote("faye"),
  system: "faye",
  kind: "peer",
  server: () => [fileURLToPath(new URL("./server.ts", import.meta.url))],
  resumes: false,
} as const;

const PATH =
  "Published by a Bayeux message on the publisher's own WebSocket, with the event as a string in `data`; memory engine, timeout 45 s, no extensions; what comes while a client has no connection waits in the broker, what a broken one had taken is lost.";

export const FAYE_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "faye-websocket",
    title: "Faye, WebSocket",
    leg: "websocket",
    setting: `No pings and no compression (default). ${PATH}`,
    dialect: fayeWebSocket,
  },
  {
    ...shared,
    name: "faye-sse",
    title: "Faye, EventSource",
    leg: "sse",
    setting: `Ping every 10 s (default); subscribe and connect by POST. ${PATH}`,
    dialect: fayeSse,
  },
  {
    ...shared,
    name: "faye-long-polling",
    title: "Faye, long polling",
    leg: "long-polling",
    setting: `Connect requests on one keep-alive connection. ${PATH}`,
    dialect: fayeLongPolling,
  },
];
