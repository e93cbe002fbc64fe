import { fileURLToPath } from "node:url";
import type { Row } from "../../contract.ts";
import { mainVersion } from "../installed.ts";
import { bareWebSocket } from "./dialect.ts";

const shared = {
  version: `ws ${mainVersion("ws")}`,
  missing: null,
  system: "ws",
  kind: "peer",
  leg: "websocket",
  dialect: bareWebSocket,
  resumes: false,
} as const;

const PATH = "Published by a text frame on the publisher's own WebSocket; perMessageDeflate off; no history.";

export const WS_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "ws-naive",
    title: "ws, send in a loop",
    setting: `client.send(string) for every client, what people write first. ${PATH}`,
    server: () => [fileURLToPath(new URL("./naive-server.ts", import.meta.url))],
  },
  {
    ...shared,
    name: "ws-best",
    title: "ws, one shared frame",
    setting: `The frame is made once and written as one shared buffer to every client's TCP socket, past client.send. ${PATH}`,
    server: () => [fileURLToPath(new URL("./best-server.ts", import.meta.url))],
  },
];
