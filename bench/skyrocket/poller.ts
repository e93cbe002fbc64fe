import type { Reader, ReaderAsk } from "../generator/dialect.ts";
import { lastSeq, PollAnswerReader } from "../generator/poll-answer.ts";
import { openSocket } from "../generator/socket.ts";
import { StampScanner } from "../generator/stamp.ts";
import { withUpLeg } from "./publishers.ts";
import { getRequest } from "./requests.ts";

const HOLD = "&hold=25000";
/** An answer of so much may have been cut at the server's limit. As our own client does, the rest is asked for at once. */
const LARGE_MESSAGES = 100;
const LARGE_BYTES = 32_768;

/**
 * A poller on one keep-alive connection. A long poller asks again the moment it is answered. A short poller asks when
 * told to, once or until so many messages have come, and again where an answer shows that it is behind.
 */
export function openPoller(kind: "long-polling" | "short-polling", ask: ReaderAsk): Reader {
  const { url, credentials, events, link } = ask;
  const { session, cursor } = credentials;
  const long = kind === "long-polling";
  const separator = cursor.lastIndexOf("-") + 1;
  const [epoch, seq] = [cursor.slice(0, separator), cursor.slice(separator)];
  const path = `/transports/${kind}?reader=${link}${long ? HOLD : ""}&after=${epoch}`;
  const request = getRequest(url, path, session);
  // The path is the first to be followed by the version, whatever the token holds.
  const place = request.indexOf(" HTTP/1.1");
  const [before, after] = [request.slice(0, place), request.slice(place)];
  // As our own client does: the first poll is answered at once, and so proves that the reader is in.
  const first = before.replace(HOLD, "&hold=0");
  const answers = new PollAnswerReader();
  let arrivals = 0;
  const scanner = new StampScanner((number) => {
    arrivals += 1;
    events.arrived(number);
  });
  let read = seq;
  let settled = false;
  /** Messages asked for that have not come. */
  let wanted = 0;
  let asked = false;
  const poll = (): void => {
    asked = true;
    socket.write(`${settled ? before : first}${read}${after}`);
  };
  const socket = openSocket(url, {
    connected: poll,
    chunk: (bytes) => {
      const answer = answers.read(bytes);
      if (answer === null) return;
      asked = false;
      if (answer.status !== 200) return events.broke(`a poll was answered ${answer.status} instead of 200`);
      read = lastSeq(answer.body) ?? read;
      arrivals = 0;
      scanner.scan(answer.body);
      wanted = Math.max(0, wanted - arrivals);
      const isFirst = !settled;
      settled = true;
      const isBehind = arrivals >= LARGE_MESSAGES || answer.body.length >= LARGE_BYTES;
      if (long || isBehind || wanted > 0) poll();
      if (isFirst) events.opened();
    },
    gone: events.broke,
  });
  const own = { place: () => ({ session, cursor: `${epoch}${read}` }) };
  const askAgain = (messages: number): void => {
    wanted = messages;
    if (settled && !asked) poll();
  };
  return withUpLeg(socket, ask, long ? own : { ...own, ask: askAgain });
}
