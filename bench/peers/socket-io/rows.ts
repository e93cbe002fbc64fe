import { fileURLToPath } from "node:url";
import type { Row } from "../../contract.ts";
import { packageNote, peerVersion } from "../installed.ts";
import { socketIoPolling } from "./polling.ts";
import { socketIoWebSocket } from "./websocket.ts";

const SERVER = fileURLToPath(new URL("./server.ts", import.meta.url));
const ADD_ON = peerVersion("bufferutil") === null ? "without the add-on bufferutil" : "with the add-on bufferutil";
const SETTING =
  `io.to(room).emit; perMessageDeflate and httpCompression off; no reference kept to the first request; ${ADD_ON}; ` +
  "connectionStateRecovery off, as by default: no history";

const shared = {
  ...packageNote("socket.io"),
  system: "socket-io",
  kind: "peer",
  resumes: false,
} as const;

export const SOCKET_IO_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "socket-io-websocket",
    title: "Socket.IO, WebSocket",
    leg: "websocket",
    setting: `transports: ["websocket"]; ${SETTING}. Published as an event on the publisher's own WebSocket.`,
    server: () => [SERVER, "websocket"],
    dialect: socketIoWebSocket,
  },
  {
    ...shared,
    name: "socket-io-polling",
    title: "Socket.IO, long polling",
    leg: "long-polling",
    setting: `transports: ["polling"]; ${SETTING}. Published as an event by a POST of the publisher's own polling connection.`,
    server: () => [SERVER, "polling"],
    dialect: socketIoPolling,
  },
];
