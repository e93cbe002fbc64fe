import type { Reader, ReaderAsk } from "../../generator/dialect.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openStream } from "../../generator/stream.ts";
import { Sockets } from "../sockets.ts";
import { getHead } from "../stream.ts";
import { ask } from "./ask.ts";
import { connect, PATH, subscribe, TIMEOUT_S } from "./bayeux.ts";

/**
 * Faye's EventSource: messages come down the stream; what a client has to say goes by POST. Connect is answered at once,
 * with the advice to repeat it after the server's timeout.
 */
export function openSseReader({ url, credentials, events }: ReaderAsk): Reader {
  const { session } = credentials;
  const scanner = new StampScanner(events.arrived);
  const posts = new Sockets();
  let again: NodeJS.Timeout | null = null;
  const close = (): void => {
    if (again !== null) clearTimeout(again);
    posts.close();
    stream.close();
  };
  const broke = (why: string): void => {
    close();
    events.broke(why);
  };
  const connectAgain = (answered: () => void): void => {
    ask(posts, url, connect(session, "eventsource"), {
      answered: () => {
        again = setTimeout(() => connectAgain(() => {}), TIMEOUT_S * 1_000);
        answered();
      },
      broke,
    });
  };
  const stream = openStream({
    url,
    request: getHead(url, `${PATH}/${session}`, ["Accept: text/event-stream"]),
    status: 200,
    opened: () => ask(posts, url, subscribe(session), { answered: () => connectAgain(events.opened), broke }),
    take: (bytes) => scanner.scan(bytes),
    broke,
  });
  return {
    get bytesRead() {
      return stream.bytesRead + posts.bytesRead;
    },
    get bytesWritten() {
      return stream.bytesWritten + posts.bytesWritten;
    },
    get reads() {
      return stream.reads + posts.reads;
    },
    pause: () => {
      stream.pause();
      posts.pause();
    },
    resume: () => {
      stream.resume();
      posts.resume();
    },
    place: () => credentials,
    close,
  };
}
