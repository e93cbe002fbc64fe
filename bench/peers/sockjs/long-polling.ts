import type { Reader, ReaderAsk } from "../../generator/dialect.ts";
import { openSocket } from "../../generator/socket.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { postRequest } from "../post.ts";
import { ChunkedAnswers } from "./chunked.ts";
import { sessionPath } from "./session.ts";

/** The frame that closes a session, behind the head of its chunk. */
const CLOSED = Buffer.from("\r\nc[");

/**
 * SockJS's xhr-polling on one keep-alive connection. The first answer opens the session ("o"); later ones bring what was
 * written since (`a["…",…]`) or a heartbeat ("h"). What is written between two polls waits in the session.
 */
export function openLongPollingReader({ url, credentials, events }: ReaderAsk): Reader {
  const scanner = new StampScanner(events.arrived);
  const answers = new ChunkedAnswers();
  const request = postRequest(url, sessionPath("xhr"), [], "");
  let entered = false;
  const socket = openSocket(url, {
    connected: () => socket.write(request),
    chunk: (bytes) => {
      scanner.scan(bytes);
      const status = answers.read(bytes);
      if (status === null) return;
      if (bytes.includes(CLOSED)) return events.broke(`its session was closed: ${bytes.toString("latin1")}`);
      if (status !== 200) return events.broke(`a poll was answered ${status} instead of 200`);
      socket.write(request);
      if (entered) return;
      entered = true;
      events.opened();
    },
    gone: events.broke,
  });
  return Object.assign(socket, { place: () => credentials });
}
