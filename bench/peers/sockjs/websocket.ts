import type { Publisher, PublisherAsk, Reader, ReaderAsk } from "../../generator/dialect.ts";
import { textFrame } from "../../generator/frames.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openWebSocketStream } from "../../generator/stream.ts";
import { say } from "../say.ts";
import { webSocketHead } from "../stream.ts";

/** SockJS's raw WebSocket: messages without its framing, both ways. */
export function openWebSocketReader({ url, credentials, events }: ReaderAsk): Reader {
  const scanner = new StampScanner(events.arrived);
  const request = webSocketHead(url, "/s/websocket");
  const socket = openWebSocketStream({
    url,
    request,
    opened: events.opened,
    broke: events.broke,
    take: (bytes) => scanner.scan(bytes),
  });
  return Object.assign(socket, {
    place: () => credentials,
    publish: (number: number, textBytes: number) => socket.write(textFrame(say(number, textBytes))),
  });
}

/** Publishers have a prefix of their own, where nothing is broadcast to them. */
export function openPublisher({ url, events }: PublisherAsk): Publisher {
  const request = webSocketHead(url, "/publish/websocket");
  const socket = openWebSocketStream({ url, request, opened: events.opened, broke: events.broke, take: () => {} });
  return Object.assign(socket, {
    publish: (number: number, textBytes: number) => socket.write(textFrame(say(number, textBytes))),
  });
}
