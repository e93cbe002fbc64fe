import { FrameWalker } from "../generator/frames.ts";
import type { RawSocket } from "../generator/socket.ts";
import { openStream, type StreamEvents } from "./stream.ts";

/** A WebSocket: answers pings and notices a close by itself; `chunk` sees the frames as they come. */
export function openFrameStream(url: URL, request: string, { opened, chunk, broke }: StreamEvents): RawSocket {
  const walker = new FrameWalker(
    (pong) => socket.write(pong),
    () => broke("the server closed the WebSocket"),
  );
  const socket = openStream(url, request, 101, {
    opened,
    chunk: (bytes) => {
      walker.walk(bytes);
      chunk(bytes);
    },
    broke,
  });
  return socket;
}
