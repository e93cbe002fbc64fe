import type { Reader, ReaderAsk } from "../../generator/dialect.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openStream } from "../../generator/stream.ts";
import { getHead } from "../stream.ts";
import { sessionPath } from "./session.ts";

/** SockJS's EventSource: one event per frame, `data: a["…"]`. */
export function openSseReader({ url, credentials, events }: ReaderAsk): Reader {
  const scanner = new StampScanner(events.arrived);
  const request = getHead(url, sessionPath("eventsource"), ["Accept: text/event-stream"]);
  const socket = openStream({
    url,
    request,
    status: 200,
    opened: events.opened,
    broke: events.broke,
    take: (bytes) => scanner.scan(bytes),
  });
  return Object.assign(socket, { place: () => credentials });
}
