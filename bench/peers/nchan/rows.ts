import { fileURLToPath } from "node:url";
import type { Row } from "../../contract.ts";
import { nchanLongPolling, nchanSse, nchanWebSocket } from "./dialect.ts";
import { nchanMissing, nchanVersion } from "./installed.ts";

const missing = nchanMissing();

const shared = {
  system: "nchan",
  kind: "peer",
  version: missing === null ? nchanVersion() : null,
  missing,
  server: () => [fileURLToPath(new URL("./server.ts", import.meta.url))],
  resumes: true,
} as const;

const PATH =
  "Published by HTTP POST on a keep-alive connection, with the event as its body: nothing of an application runs in nginx; one worker, access log and compression off, a buffer of 10,000 messages, pings off (default).";

export const NCHAN_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "nchan-websocket",
    title: "nchan, WebSocket",
    leg: "websocket",
    setting: `nchan_pubsub: a member can publish on the WebSocket it reads by. Where readers come back they ask for the subprotocol ws+meta.nchan, which puts the id before each message. ${PATH}`,
    dialect: nchanWebSocket,
  },
  {
    ...shared,
    name: "nchan-sse",
    title: "nchan, EventSource",
    leg: "sse",
    setting: `Resumed by Last-Event-ID. ${PATH}`,
    dialect: nchanSse,
  },
  {
    ...shared,
    name: "nchan-long-polling",
    title: "nchan, long polling",
    leg: "long-polling",
    setting: `Resumed by If-Modified-Since and If-None-Match; one message per answer (default). ${PATH}`,
    dialect: nchanLongPolling,
  },
];
