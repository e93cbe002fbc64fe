import type { Publisher, PublisherAsk, Reader } from "../generator/dialect.ts";
import { textFrame } from "../generator/frames.ts";
import { statusOf } from "../generator/http-head.ts";
import { openSocket, type RawSocket } from "../generator/socket.ts";
import { openWebSocketStream } from "../generator/stream.ts";
import { postRequest, webSocketRequest } from "./requests.ts";
import { say } from "./say.ts";

/** Publishes by `say` on a WebSocket of its own. */
export function openWebSocketPublisher({ url, credentials, events }: PublisherAsk): Publisher {
  const socket = openWebSocketStream({
    url,
    request: webSocketRequest(url, credentials, 1),
    opened: events.opened,
    broke: events.broke,
    take: (bytes) => {
      if (bytes.includes('"refused"')) events.broke(`a command was refused: ${bytes.toString("latin1")}`);
    },
  });
  const publish = (number: number, textBytes: number): void => socket.write(textFrame(say(number, textBytes)));
  return Object.assign(socket, { publish });
}

/** Publishes by POST on one keep-alive connection. */
export function openPoster({ url, credentials: { session }, events }: PublisherAsk): Publisher {
  const socket = openSocket(url, {
    connected: events.opened,
    chunk: (bytes) => {
      if (statusOf(bytes) !== 200) events.broke(`a command was answered ${statusOf(bytes)} instead of 200`);
    },
    gone: events.broke,
  });
  const publish = (number: number, textBytes: number): void =>
    socket.write(postRequest(url, "/api/commands", session, say(number, textBytes)));
  return Object.assign(socket, { publish });
}

/** A reader with the up-leg of transports that are not duplex: a connection for commands, opened with the first of them. */
export function withUpLeg(socket: RawSocket, ask: PublisherAsk, own: Pick<Reader, "place" | "ask">): Reader {
  let poster: Publisher | null = null;
  return {
    ...own,
    get bytesRead() {
      return socket.bytesRead + (poster?.bytesRead ?? 0);
    },
    get bytesWritten() {
      return socket.bytesWritten + (poster?.bytesWritten ?? 0);
    },
    get reads() {
      return socket.reads;
    },
    pause: socket.pause,
    resume: socket.resume,
    close: () => {
      socket.close();
      poster?.close();
    },
    publish: (number, textBytes) => {
      poster ??= openPoster({ ...ask, events: { opened: () => {}, broke: ask.events.broke } });
      poster.publish(number, textBytes);
    },
  };
}
