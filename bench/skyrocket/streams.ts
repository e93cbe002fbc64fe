import type { Reader, ReaderAsk } from "../generator/dialect.ts";
import { textFrame } from "../generator/frames.ts";
import { StampScanner } from "../generator/stamp.ts";
import { openStream, openWebSocketStream } from "../generator/stream.ts";
import { PlaceScanner } from "./place-scanner.ts";
import { withUpLeg } from "./publishers.ts";
import { sseRequest, webSocketRequest } from "./requests.ts";
import { say } from "./say.ts";

export function openWebSocketReader(ask: ReaderAsk): Reader {
  const { url, credentials, link, events } = ask;
  const { scan, place } = follow(ask);
  const request = webSocketRequest(url, credentials, link);
  const socket = openWebSocketStream({ url, request, opened: events.opened, broke: events.broke, take: scan });
  const publish = (number: number, textBytes: number): void => socket.write(textFrame(say(number, textBytes)));
  return Object.assign(socket, { place, publish });
}

export function openSseReader(ask: ReaderAsk): Reader {
  const { url, credentials, link, events } = ask;
  const { scan, place } = follow(ask);
  const request = sseRequest(url, credentials, link);
  const socket = openStream({ url, request, status: 200, opened: events.opened, broke: events.broke, take: scan });
  return withUpLeg(socket, ask, { place });
}

/** The bytes of a stream, and the place it has come to: kept up only where it was asked for. */
function follow({ credentials, events, track }: ReaderAsk) {
  const [epoch = ""] = credentials.cursor.split("-", 1);
  let cursor = credentials.cursor;
  const scanner = track
    ? new PlaceScanner((number, seq) => {
        cursor = `${epoch}-${seq}`;
        events.arrived(number);
      })
    : new StampScanner(events.arrived);
  const scan = (bytes: Buffer): void => scanner.scan(bytes);
  return { scan, place: () => ({ session: credentials.session, cursor }) };
}
