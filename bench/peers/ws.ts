import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import { type Dialect, joinAs, type Publisher } from "../generator/dialect.ts";
import { textFrame } from "../generator/frames.ts";
import { getRequest, upgradeHeaders } from "../generator/http.ts";
import { openWebSocketStream, type RawSocket } from "../generator/socket.ts";
import { StampScanner, say } from "../generator/stamp.ts";
import { installedVersion } from "./installed.ts";

/** Events down and commands up as plain text frames on a bare WebSocket: the dialect of `ws` and of Bun. */
export const bareWebSocket: Dialect = {
  join: joinAs({ session: "", cursor: "" }),
  openReader: ({ url, credentials, events: { opened, arrived, failed } }) => {
    const scanner = new StampScanner(arrived);
    const take = (bytes: Buffer): void => scanner.scan(bytes);
    const request = getRequest(url, "/", upgradeHeaders());
    const socket = openWebSocketStream({ url, request, opened, failed, take });
    return Object.assign(socket, { position: () => credentials, publish: publishOn(socket) });
  },
  openPublisher: ({ url, events: { opened, failed } }) => {
    const request = getRequest(url, "/", upgradeHeaders());
    const socket = openWebSocketStream({ url, request, opened, failed, take: () => {} });
    return Object.assign(socket, { publish: publishOn(socket) });
  },
};

function publishOn(socket: RawSocket): Publisher["publish"] {
  return (number, textBytes) => socket.write(textFrame(say(number, textBytes)));
}

const shared = {
  version: `ws ${installedVersion("ws")}`,
  missing: null,
  system: "ws",
  kind: "peer",
  leg: "websocket",
  dialect: bareWebSocket,
  resumes: false,
} as const;

const SERVER = fileURLToPath(new URL("./ws-server.ts", import.meta.url));
const SETTING = "Published by a text frame on the publisher's own WebSocket; perMessageDeflate off; no history.";

export const WS_ROWS: readonly Row[] = [
  {
    ...shared,
    name: "ws-naive",
    title: "ws, send in a loop",
    setting: `client.send(string) for every client, what people write first. ${SETTING}`,
    server: () => [SERVER, "naive"],
  },
  {
    ...shared,
    name: "ws-best",
    title: "ws, one shared frame",
    setting: `The frame is made once and written as one shared buffer to every client's TCP socket directly, without client.send. ${SETTING}`,
    server: () => [SERVER, "best"],
  },
];
