import type { Reader, ReaderAsk } from "../../generator/dialect.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openStream } from "../../generator/stream.ts";
import { getHead } from "../stream.ts";
import { MetaScanner } from "./meta-scanner.ts";
import { credentialsAt } from "./place.ts";

/** nchan's EventSource: every event carries its message's id, and Last-Event-ID says where to read on. */
export function openSseReader({ url, credentials, events, track }: ReaderAsk): Reader {
  let cursor = credentials.cursor;
  const scanner = track
    ? new MetaScanner((number, id) => {
        cursor = id;
        events.arrived(number);
      })
    : new StampScanner(events.arrived);
  const request = getHead(url, "/sse", ["Accept: text/event-stream", `Last-Event-ID: ${cursor}`]);
  const socket = openStream({
    url,
    request,
    status: 200,
    opened: events.opened,
    broke: events.broke,
    take: (bytes) => scanner.scan(bytes),
  });
  return Object.assign(socket, { place: () => credentialsAt(cursor) });
}
