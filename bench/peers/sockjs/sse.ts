import type { Reader, ReaderAsk } from "../../generator/dialect.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { getHead, openStream } from "../stream.ts";
import { sessionPath } from "./session.ts";

/** SockJS's EventSource: one event per frame, `data: a["…"]`. */
export function openSseReader({ url, credentials, events }: ReaderAsk): Reader {
  const scanner = new StampScanner(events.arrived);
  const request = getHead(url, sessionPath("eventsource"), ["Accept: text/event-stream"]);
  const socket = openStream(url, request, 200, {
    opened: events.opened,
    chunk: (bytes) => scanner.scan(bytes),
    broke: events.broke,
  });
  return Object.assign(socket, { place: () => credentials });
}
