import type { ReaderAsk } from "./dialect.ts";
import { FrameWalker } from "./frames.ts";
import { HeadReader } from "./http-head.ts";
import { openSocket, type RawSocket } from "./socket.ts";

/** A connection whose first answer is a head, and whose bytes after it go to `take`. */
export interface StreamAsk {
  readonly url: URL;
  readonly request: string;
  /** The only status that opens it. */
  readonly status: number;
  readonly opened: () => void;
  readonly broke: (why: string) => void;
  /** Gets every byte behind the head; a chunk is its own only until it returns. */
  readonly take: (bytes: Buffer) => void;
}

/** Opens a stream: an SSE answer, or whatever an upgrade leads to. `opened` comes before the first byte is taken. */
export function openStream({ url, request, status, opened, broke, take }: StreamAsk): RawSocket {
  let head: HeadReader | null = new HeadReader();
  const socket = openSocket(url, {
    connected: () => socket.write(request),
    chunk: (bytes) => {
      if (head === null) return take(bytes);
      const answer = head.read(bytes);
      if (answer === null) return;
      head = null;
      if (answer.status !== status) return broke(`it was answered ${answer.status} instead of ${status}`);
      opened();
      if (answer.rest.length > 0) take(answer.rest);
    },
    gone: broke,
  });
  return socket;
}

/** The same for a WebSocket: pings are answered, and a close frame breaks it. */
export function openWebSocketStream(ask: Omit<StreamAsk, "status">): RawSocket {
  const walker = new FrameWalker(
    (pong) => socket.write(pong),
    () => ask.broke("the server closed the WebSocket"),
  );
  const socket = openStream({
    ...ask,
    status: 101,
    // What came in one chunk with the close frame has come: it is taken before the reader's place is asked for.
    take: (bytes) => {
      ask.take(bytes);
      walker.walk(bytes);
    },
  });
  return socket;
}

/** What a reader over one socket without replay has beside its bytes: it would have to begin again where it began. */
export function withoutPlace(socket: RawSocket, { credentials }: ReaderAsk) {
  return Object.assign(socket, { place: () => credentials });
}
