import type { Publisher, PublisherAsk, Reader, ReaderAsk } from "../../generator/dialect.ts";
import { textFrame } from "../../generator/frames.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openFrameStream } from "../frame-stream.ts";
import { say } from "../say.ts";
import { webSocketHead } from "../stream.ts";

/** SockJS's raw WebSocket: messages without its framing, both ways. */
export function openWebSocketReader({ url, credentials, events }: ReaderAsk): Reader {
  const scanner = new StampScanner(events.arrived);
  const request = webSocketHead(url, "/s/websocket");
  const socket = openFrameStream(url, request, {
    opened: events.opened,
    chunk: (bytes) => scanner.scan(bytes),
    broke: events.broke,
  });
  return Object.assign(socket, {
    place: () => credentials,
    publish: (number: number, textBytes: number) => socket.write(textFrame(say(number, textBytes))),
  });
}

/** Publishers have a prefix of their own, where nothing is broadcast to them. */
export function openPublisher({ url, events }: PublisherAsk): Publisher {
  const request = webSocketHead(url, "/publish/websocket");
  const socket = openFrameStream(url, request, { opened: events.opened, chunk: () => {}, broke: events.broke });
  return Object.assign(socket, {
    publish: (number: number, textBytes: number) => socket.write(textFrame(say(number, textBytes))),
  });
}
