import type { Credentials, Dialect, Publisher, PublisherAsk, Reader, ReaderAsk } from "../generator/dialect.ts";
import { PollAnswerReader } from "../generator/poll-answer.ts";
import { openSocket, type RawSocket } from "../generator/socket.ts";
import { StampScanner, stampedText } from "../generator/stamp.ts";
import { openStream } from "../generator/stream.ts";
import { getRequest } from "../skyrocket/requests.ts";

/** As long as the tokens Skyrocket signs, so that the floors read requests of the same size. */
const PLACEHOLDER: Credentials = { session: "x".repeat(74), cursor: "00000000-1" };

async function enter(_url: URL, count: number): Promise<Credentials[]> {
  return Array.from({ length: count }, () => PLACEHOLDER);
}

/** Lines on a bare socket: whoever speaks publishes, everyone else reads. */
export const LINES: Dialect = {
  enter,
  openReader: (ask) => {
    const scanner = new StampScanner(ask.events.arrived);
    const socket = openSocket(ask.url, {
      connected: ask.events.opened,
      chunk: (bytes) => scanner.scan(bytes),
      gone: ask.events.broke,
    });
    return asReader(socket, ask);
  },
  openPublisher: ({ url, events }) =>
    publishingLines(openSocket(url, { connected: events.opened, chunk: () => {}, gone: events.broke })),
};

/** Long polls at a server that looks at nothing in them. */
export const BARE_POLLS: Dialect = { enter, openReader: openBarePoller, openPublisher: openUpgradedLine };

/** An event stream at a server that looks at nothing in its request. */
export const BARE_STREAM: Dialect = {
  enter,
  openReader: (ask) => {
    const scanner = new StampScanner(ask.events.arrived);
    const request = getRequest(ask.url, "/", ask.credentials.session, ["Accept: text/event-stream"]);
    const { opened, broke } = ask.events;
    const take = (bytes: Buffer): void => scanner.scan(bytes);
    return asReader(openStream({ url: ask.url, request, status: 200, opened, broke, take }), ask);
  },
  openPublisher: openUpgradedLine,
};

function openBarePoller(ask: ReaderAsk): Reader {
  const { url, credentials, events } = ask;
  const { session, cursor } = credentials;
  const request = getRequest(url, `/transports/long-polling?reader=1&hold=25000&after=${cursor}`, session);
  const answers = new PollAnswerReader();
  const scanner = new StampScanner(events.arrived);
  const socket = openSocket(url, {
    connected: () => {
      socket.write(request);
      events.opened();
    },
    chunk: (bytes) => {
      const answer = answers.read(bytes);
      if (answer === null) return;
      if (answer.status !== 200) return events.broke(`a poll was answered ${answer.status} instead of 200`);
      scanner.scan(answer.body);
      socket.write(request);
    },
    gone: events.broke,
  });
  return asReader(socket, ask);
}

/** The floor answers an upgrade with nothing: from the request's end on, the connection is the publisher's. */
function openUpgradedLine({ url, events }: PublisherAsk): Publisher {
  const socket = openSocket(url, {
    connected: () => {
      socket.write(getRequest(url, "/", "-", ["Connection: Upgrade", "Upgrade: lines"]));
      events.opened();
    },
    chunk: () => {},
    gone: events.broke,
  });
  return publishingLines(socket);
}

function publishingLines(socket: RawSocket): Publisher {
  const publish = (number: number, textBytes: number): void => socket.write(`${stampedText(number, textBytes)}\n`);
  return Object.assign(socket, { publish });
}

/** A floor keeps nothing: a reader that comes back begins anew. */
function asReader(socket: RawSocket, { credentials }: ReaderAsk): Reader {
  return Object.assign(socket, { place: () => credentials });
}
