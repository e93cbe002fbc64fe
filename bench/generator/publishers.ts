import { FrameWalker, textFrame } from "./frames.ts";
import { HeadReader, statusOf } from "./http-head.ts";
import type { PublisherKind } from "./messages.ts";
import { getRequest, postRequest, webSocketRequest } from "./requests.ts";
import type { Credentials } from "./sessions.ts";
import { openSocket, type RawSocket } from "./socket.ts";
import { stampedText } from "./stamp.ts";

export interface PublisherEvents {
  opened(): void;
  broke(why: string): void;
}

/** Who makes the broadcasts, on one connection of its own. */
export interface Publisher {
  publish(number: number): void;
  readonly socket: RawSocket;
}

export function openPublisher(
  kind: PublisherKind,
  url: URL,
  credentials: Credentials,
  events: PublisherEvents,
): Publisher {
  switch (kind) {
    case "line":
      return openLine(url, events);
    case "upgraded-line":
      return openUpgradedLine(url, events);
    case "websocket":
      return openWebSocketPublisher(url, credentials, events);
    case "post":
      return openPoster(url, credentials, events);
  }
}

function say(number: number): string {
  return JSON.stringify({ type: "say", id: `p${number}`, text: stampedText(number) });
}

function openLine(url: URL, events: PublisherEvents): Publisher {
  const socket = openSocket(url, { connected: events.opened, chunk: () => {}, gone: events.broke });
  return { socket, publish: (number) => socket.write(`${stampedText(number)}\n`) };
}

/** The floor answers an upgrade with nothing: from the request's end on, the connection is the publisher's. */
function openUpgradedLine(url: URL, events: PublisherEvents): Publisher {
  const socket = openSocket(url, {
    connected: () => {
      socket.write(getRequest(url, "/", "-", ["Connection: Upgrade", "Upgrade: lines"]));
      events.opened();
    },
    chunk: () => {},
    gone: events.broke,
  });
  return { socket, publish: (number) => socket.write(`${stampedText(number)}\n`) };
}

function openWebSocketPublisher(url: URL, credentials: Credentials, events: PublisherEvents): Publisher {
  const head = new HeadReader();
  const walker = new FrameWalker(
    (pong) => socket.write(pong),
    () => events.broke("the server closed the publisher's WebSocket"),
  );
  let upgraded = false;
  const socket = openSocket(url, {
    connected: () => socket.write(webSocketRequest(url, credentials)),
    chunk: (bytes) => {
      if (upgraded) {
        walker.walk(bytes);
        return refuseRefusals(bytes, events);
      }
      const answer = head.read(bytes);
      if (answer === null) return;
      if (answer.status !== 101) return events.broke(`the publisher was answered ${answer.status} instead of 101`);
      upgraded = true;
      walker.walk(answer.rest);
      events.opened();
    },
    gone: events.broke,
  });
  return { socket, publish: (number) => socket.write(textFrame(say(number))) };
}

function openPoster(url: URL, { session }: Credentials, events: PublisherEvents): Publisher {
  const socket = openSocket(url, {
    connected: events.opened,
    chunk: (bytes) => {
      if (statusOf(bytes) !== 200) events.broke(`a command was answered ${statusOf(bytes)} instead of 200`);
    },
    gone: events.broke,
  });
  return { socket, publish: (number) => socket.write(postRequest(url, "/api/commands", session, say(number))) };
}

function refuseRefusals(bytes: Buffer, events: PublisherEvents): void {
  if (bytes.includes('"refused"')) events.broke(`a command was refused: ${bytes.toString("latin1")}`);
}
