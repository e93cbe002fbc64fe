import type { Reader, ReaderAsk } from "../../generator/dialect.ts";
import { openSocket } from "../../generator/socket.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { AnswerReader } from "../answers.ts";
import { getHead } from "../stream.ts";
import { conditionalHeaders, credentialsAt, cursorOf } from "./place.ts";

const MODIFIED = /\r\nLast-Modified: ([^\r]+)/i;
const ETAG = /\r\nEtag: ([^\r]+)/i;

/**
 * nchan's long poll on one keep-alive connection. A request repeats Last-Modified and Etag of the answer before it, and
 * so gets the message after that one: at once if it is already there.
 */
export function openLongPollingReader({ url, credentials, events }: ReaderAsk): Reader {
  let { modified, etag } = conditionalHeaders(credentials.cursor);
  const before = getHead(url, "/long-polling").slice(0, -"\r\n".length);
  const scanner = new StampScanner(events.arrived);
  const answers = new AnswerReader();
  const ask = (): void => socket.write(`${before}If-Modified-Since: ${modified}\r\nIf-None-Match: ${etag}\r\n\r\n`);
  const socket = openSocket(url, {
    connected: () => {
      ask();
      // The request names a place, so nothing is missed from here on.
      events.opened();
    },
    chunk: (bytes) => {
      for (const { status, head, body } of answers.read(bytes)) {
        if (status !== 200) return events.broke(`a poll was answered ${status} instead of 200`);
        modified = MODIFIED.exec(head)?.[1] ?? modified;
        etag = ETAG.exec(head)?.[1] ?? etag;
        scanner.scan(body);
        ask();
      }
    },
    gone: events.broke,
  });
  return Object.assign(socket, { place: () => credentialsAt(cursorOf(modified, etag)) });
}
