import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import { bunBinary, notInstalled, packageNote } from "./installed.ts";
import { bareWebSocket } from "./ws.ts";

export const BUN_ROWS: readonly Row[] = [
  {
    ...packageNote("bun"),
    missing: bunBinary() === null ? notInstalled("bun") : null,
    name: "bun-websocket",
    title: "Bun (uWebSockets)",
    system: "bun",
    kind: "peer",
    leg: "websocket",
    setting:
      "socket.subscribe and server.publish; perMessageDeflate off; no history. Published by a text frame on the " +
      "publisher's own WebSocket. A Node process that only starts Bun is counted with it.",
    server: () => [fileURLToPath(new URL("./bun-server.ts", import.meta.url))],
    dialect: bareWebSocket,
    resumes: false,
  },
];
