import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import {
  joinAs,
  type Publisher,
  type PublisherOptions,
  type Reader,
  type ReaderOptions,
} from "../generator/dialect.ts";
import { getRequest } from "../generator/http.ts";
import { openStream } from "../generator/socket.ts";
import { StampScanner, say } from "../generator/stamp.ts";
import { packageNote } from "./installed.ts";
import { Poster, Sockets } from "./sockets.ts";

export const BETTER_SSE_ROWS: readonly Row[] = [
  {
    ...packageNote("better-sse"),
    name: "better-sse",
    title: "better-sse",
    system: "better-sse",
    kind: "peer",
    leg: "sse",
    setting:
      "channel.broadcast of JSON made once: serializer and sanitizer pass it on unchanged, eventId is a counter; " +
      "keepAlive 15 s, as our heartbeat; no history. Published by a POST on a keep-alive connection.",
    server: () => [fileURLToPath(new URL("./better-sse-server.ts", import.meta.url))],
    dialect: { join: joinAs({ session: "", cursor: "" }), openReader, openPublisher },
    resumes: false,
  },
];

function openReader({ url, credentials, events: { opened, arrived, failed } }: ReaderOptions): Reader {
  const scanner = new StampScanner(arrived);
  const take = (bytes: Buffer): void => scanner.scan(bytes);
  const request = getRequest(url, "/", ["Accept: text/event-stream"]);
  const socket = openStream({ url, request, status: 200, opened, failed, take });
  return Object.assign(socket, { position: () => credentials });
}

/** Publishes by POST on a keep-alive connection. */
function openPublisher({ url, events: { opened, failed } }: PublisherOptions): Publisher {
  const sockets = new Sockets();
  const poster = new Poster({
    sockets,
    url,
    answered: () => {},
    failed,
    keepAlive: true,
    contentType: "application/json",
    status: 204,
  });
  poster.connect(opened);
  return Object.assign(sockets, {
    publish: (number: number, textBytes: number) => poster.post("/", say(number, textBytes)),
  });
}
