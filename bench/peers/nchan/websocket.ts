import { messageEvent } from "../../floors/event.ts";
import type { Reader, ReaderAsk } from "../../generator/dialect.ts";
import { textFrame } from "../../generator/frames.ts";
import { StampScanner, stampedText } from "../../generator/stamp.ts";
import { openWebSocketStream } from "../../generator/stream.ts";
import { webSocketHead } from "../stream.ts";
import { MetaScanner } from "./meta-scanner.ts";
import { credentialsAt } from "./place.ts";

/** nchan's WebSocket. Who wants to know its place asks for the subprotocol that puts a message's id before it. */
export function openWebSocketReader({ url, credentials, events, track }: ReaderAsk): Reader {
  let cursor = credentials.cursor;
  const scanner = track
    ? new MetaScanner((number, id) => {
        cursor = id;
        events.arrived(number);
      })
    : new StampScanner(events.arrived);
  const meta = track ? ["Sec-WebSocket-Protocol: ws+meta.nchan"] : [];
  const request = webSocketHead(url, "/websocket", [`Last-Event-ID: ${cursor}`, ...meta]);
  const socket = openWebSocketStream({
    url,
    request,
    opened: events.opened,
    broke: events.broke,
    take: (bytes) => scanner.scan(bytes),
  });
  return Object.assign(socket, {
    place: () => credentialsAt(cursor),
    publish: (number: number, textBytes: number) =>
      socket.write(textFrame(messageEvent(stampedText(number, textBytes)))),
  });
}
