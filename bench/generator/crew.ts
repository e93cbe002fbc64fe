import { Ledger } from "./ledger.ts";
import type { Open } from "./messages.ts";
import { openPublisher, type Publisher } from "./publishers.ts";
import { openReader, type Reader } from "./readers.ts";
import { openSessions, placeholders } from "./sessions.ts";

/** The readers and the publisher of one row, and the ledger of what has come to whom. */
export interface Crew {
  readonly ledger: Ledger;
  readonly readers: readonly Reader[];
  readonly publisher: Publisher;
  /** Aborts when one of them can't go on; its reason says which and why. */
  readonly broken: AbortSignal;
  close(): void;
}

const OPENING_AT_ONCE = 50;

/** Opens a row's connections. Resolves when the publisher and every reader are in; throws when one is refused. */
export async function openCrew(order: Open): Promise<Crew> {
  const url = new URL(order.url);
  const broken = new AbortController();
  const ledger = new Ledger(order.readers);
  const readers: Reader[] = [];
  // The publisher has the first session; all sessions exist before the first reader attaches.
  const [first, ...others] = await (order.sessions
    ? openSessions(url, order.readers + 1)
    : placeholders(order.readers + 1));
  if (first === undefined) throw new RangeError("a row needs a publisher");
  for (let at = 0; at < others.length; at += OPENING_AT_ONCE) {
    await Promise.all(
      others.slice(at, at + OPENING_AT_ONCE).map((credentials, offset) => {
        const number = at + offset;
        return opening(broken, `reader ${number}`, (events) => {
          const arrived = (stamp: number): void => ledger.arrive(number, stamp);
          readers.push(openReader(order.reader, url, credentials, { ...events, arrived }));
        });
      }),
    );
  }
  let publisher: Publisher | null = null;
  await opening(broken, "the publisher", (events) => {
    publisher = openPublisher(order.publisher, url, first, events);
  });
  if (publisher === null) throw new Error("the publisher was not opened");
  return crewOf(ledger, readers, publisher, broken.signal);
}

function crewOf(ledger: Ledger, readers: readonly Reader[], publisher: Publisher, broken: AbortSignal): Crew {
  const close = (): void => {
    publisher.socket.close();
    for (const reader of readers) reader.close();
  };
  return { ledger, readers, publisher, broken, close };
}

interface OpeningEvents {
  opened(): void;
  broke(why: string): void;
}

/** Resolves when `open`'s connection says it is open, rejects when it breaks first, and reports if it breaks later. */
function opening(broken: AbortController, who: string, open: (events: OpeningEvents) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    open({
      opened: resolve,
      broke: (why) => {
        const error = new Error(`${who} broke off: ${why}`);
        broken.abort(error);
        reject(error);
      },
    });
  });
}
