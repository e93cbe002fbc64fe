import type { Dialect } from "../../generator/dialect.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openStream } from "../../generator/stream.ts";
import { enterFreely } from "../enter.ts";
import { Poster } from "../poster.ts";
import { say } from "../say.ts";
import { Sockets } from "../sockets.ts";
import { getHead } from "../stream.ts";

/** An event stream down, and commands by POST on a keep-alive connection. */
export const betterSse: Dialect = {
  enter: enterFreely,
  openReader: ({ url, credentials, events: { opened, arrived, broke } }) => {
    const scanner = new StampScanner(arrived);
    const take = (bytes: Buffer): void => scanner.scan(bytes);
    const request = getHead(url, "/", ["Accept: text/event-stream"]);
    return Object.assign(openStream({ url, request, status: 200, opened, broke, take }), { place: () => credentials });
  },
  openPublisher: ({ url, events: { opened, broke } }) => {
    const sockets = new Sockets();
    const answered = (): void => {};
    const poster = new Poster({
      ...{ sockets, url, answered, broke },
      keepAlive: true,
      contentType: "application/json",
      status: 204,
    });
    poster.connect(opened);
    return Object.assign(sockets, {
      publish: (number: number, textBytes: number) => poster.post("/", say(number, textBytes)),
    });
  },
};
