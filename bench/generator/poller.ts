import { lastSeq, PollAnswerReader } from "./poll-answer.ts";
import type { Reader, ReaderEvents } from "./readers.ts";
import { getRequest } from "./requests.ts";
import type { Credentials } from "./sessions.ts";
import { openSocket } from "./socket.ts";
import { StampScanner } from "./stamp.ts";

/**
 * A poller on one keep-alive connection. A long poller asks again the moment it is answered. A short poller asks when
 * told to, and goes on asking until an answer brings a message.
 */
export function openPoller(
  kind: "long-polling" | "short-polling",
  url: URL,
  { session, cursor }: Credentials,
  events: ReaderEvents,
): Reader {
  const long = kind === "long-polling";
  const separator = cursor.lastIndexOf("-") + 1;
  const [epoch, seq] = [cursor.slice(0, separator), cursor.slice(separator)];
  const request = getRequest(url, `/transports/${kind}?reader=1${long ? "&hold=25000" : ""}&after=${epoch}`, session);
  // The path is the first to be followed by the version, whatever the token holds.
  const place = request.indexOf(" HTTP/1.1");
  const [before, after] = [request.slice(0, place), request.slice(place)];
  const answers = new PollAnswerReader();
  let arrivals = 0;
  const scanner = new StampScanner((number) => {
    arrivals += 1;
    events.arrived(number);
  });
  let read = seq;
  let settled = long;
  const ask = (): void => socket.write(`${before}${read}${after}`);
  const socket = openSocket(url, {
    connected: () => {
      ask();
      if (long) events.opened();
    },
    chunk: (bytes) => {
      const answer = answers.read(bytes);
      if (answer === null) return;
      if (answer.status !== 200) return events.broke(`a poll was answered ${answer.status} instead of 200`);
      read = lastSeq(answer.body) ?? read;
      arrivals = 0;
      scanner.scan(answer.body);
      if (long || (settled && arrivals === 0)) ask();
      if (settled) return;
      settled = true;
      events.opened();
    },
    gone: events.broke,
  });
  return Object.assign(socket, long ? {} : { ask });
}
