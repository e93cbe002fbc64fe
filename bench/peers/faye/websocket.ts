import type { Publisher, PublisherAsk, Reader, ReaderAsk } from "../../generator/dialect.ts";
import { textFrame } from "../../generator/frames.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openWebSocketStream } from "../../generator/stream.ts";
import { webSocketHead } from "../stream.ts";
import { connect, PATH, publish, refused, subscribe } from "./bayeux.ts";
import { PhraseFinder } from "./phrase-finder.ts";

/** Faye on a WebSocket: messages come as they are published; the connect request is only the heartbeat, repeated when answered. */
export function openWebSocketReader({ url, credentials, events }: ReaderAsk): Reader {
  const { session } = credentials;
  const scanner = new StampScanner(events.arrived);
  const answers = new PhraseFinder('"/meta/');
  let entered = false;
  const answered = (bytes: Buffer): void => {
    if (refused(bytes)) {
      events.broke(`Faye refused a request: ${bytes.toString("latin1")}`);
    } else if (entered) {
      socket.write(textFrame(connect(session, "websocket")));
    } else {
      // The first answer is the one to subscribe; connect has been read by then as well.
      entered = true;
      events.opened();
    }
  };
  const socket = openWebSocketStream({
    url,
    request: webSocketHead(url, PATH),
    opened: () => {
      const frames = [textFrame(subscribe(session)), textFrame(connect(session, "websocket"))];
      socket.write(Buffer.concat(frames));
    },
    take: (bytes) => {
      scanner.scan(bytes);
      if (answers.endsIn(bytes)) answered(bytes);
    },
    broke: events.broke,
  });
  return Object.assign(socket, {
    place: () => credentials,
    publish: (number: number, textBytes: number) => socket.write(textFrame(publish(number, textBytes))),
  });
}

/** Publishing needs neither a session nor a subscription. */
export function openPublisher({ url, events }: PublisherAsk): Publisher {
  const socket = openWebSocketStream({
    url,
    request: webSocketHead(url, PATH),
    opened: events.opened,
    take: (bytes) => {
      if (refused(bytes)) events.broke(`Faye refused a message: ${bytes.toString("latin1")}`);
    },
    broke: events.broke,
  });
  return Object.assign(socket, {
    publish: (number: number, textBytes: number) => socket.write(textFrame(publish(number, textBytes))),
  });
}
