import type { Dialect } from "../../generator/dialect.ts";
import { textFrame } from "../../generator/frames.ts";
import type { RawSocket } from "../../generator/socket.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openWebSocketStream } from "../../generator/stream.ts";
import { enterFreely } from "../enter.ts";
import { say } from "../say.ts";
import { webSocketHead } from "../stream.ts";

/** Events down and commands up as plain text frames on a bare WebSocket: spoken with `ws` and with Bun. */
export const bareWebSocket: Dialect = {
  enter: enterFreely,
  openReader: ({ url, credentials, events: { opened, arrived, broke } }) => {
    const scanner = new StampScanner(arrived);
    const take = (bytes: Buffer): void => scanner.scan(bytes);
    const socket = openWebSocketStream({ url, request: webSocketHead(url, "/"), opened, broke, take });
    return Object.assign(socket, { place: () => credentials, publish: publisherOn(socket) });
  },
  openPublisher: ({ url, events: { opened, broke } }) => {
    const socket = openWebSocketStream({ url, request: webSocketHead(url, "/"), opened, broke, take: () => {} });
    return Object.assign(socket, { publish: publisherOn(socket) });
  },
};

function publisherOn(socket: RawSocket): (number: number, textBytes: number) => void {
  return (number, textBytes) => socket.write(textFrame(say(number, textBytes)));
}
