import type { Reader, ReaderAsk } from "../../generator/dialect.ts";
import { openSocket } from "../../generator/socket.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { AnswerReader } from "../answers.ts";
import { connect, post, refused, subscribe } from "./bayeux.ts";

/**
 * Faye's long poll on one keep-alive connection: each connect request is answered with the messages there are. What is
 * published between two of them waits in the broker.
 */
export function openLongPollingReader({ url, credentials, events }: ReaderAsk): Reader {
  const scanner = new StampScanner(events.arrived);
  const answers = new AnswerReader();
  const poll = post(url, connect(credentials.session, "long-polling"));
  let entered = false;
  const socket = openSocket(url, {
    connected: () => socket.write(post(url, subscribe(credentials.session))),
    chunk: (bytes) => {
      for (const { status, body } of answers.read(bytes)) {
        if (status !== 200) return events.broke(`a poll was answered ${status} instead of 200`);
        if (refused(body)) return events.broke(`Faye refused a request: ${body.toString("latin1")}`);
        scanner.scan(body);
        socket.write(poll);
        if (entered) continue;
        entered = true;
        events.opened();
      }
    },
    gone: events.broke,
  });
  return Object.assign(socket, { place: () => credentials });
}
