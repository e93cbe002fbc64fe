import { rowNamed } from "../registry.ts";
import { type Asking, keepAwake } from "./asking.ts";
import type { Dialect, Publisher } from "./dialect.ts";
import { Ledger } from "./ledger.ts";
import { Member } from "./member.ts";
import type { Open, Opening } from "./messages.ts";
import type { Recorder } from "./recorder.ts";

const OPENING_AT_ONCE = 50;

/** The readers and the publisher of one row, and the ledger of what has come to whom. */
export class Crew {
  readonly ledger = new Ledger(0);
  readonly members: Member[] = [];
  /** Takes the times of the run under way. */
  recorder: Recorder | null = null;
  readonly #broken = new AbortController();
  readonly #dialect: Dialect;
  readonly url: string;
  readonly #url: URL;
  #publisher: Publisher | null = null;
  #awake: Asking | null = null;

  constructor(row: string, url: string) {
    this.#dialect = rowNamed(row).dialect;
    this.url = url;
    this.#url = new URL(url);
  }

  /** Aborts when one of them can't go on; its reason says which and why. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  get publisher(): Publisher {
    if (this.#publisher === null) throw new Error("no publisher is open");
    return this.#publisher;
  }

  /** Opens so many readers more, and the publisher if there is none. Rejects when one is refused. */
  async open({ readers, supervised }: Open): Promise<Opening> {
    const needsPublisher = this.#publisher === null;
    // All sessions exist before the first reader attaches; the first is the publisher's.
    const credentials = await this.#dialect.enter(this.#url, readers + 1);
    const [first, ...others] = credentials;
    if (first === undefined) throw new RangeError("a row needs a publisher");
    const from = this.members.length;
    this.ledger.grow(readers);
    for (const own of others) {
      const number = this.members.length;
      const arrived = (message: number): void => this.#arrived(number, message);
      const broke = (why: string): void => this.#break(`reader ${number}`, why);
      this.members.push(
        new Member({
          dialect: this.#dialect,
          url: this.#url,
          credentials: own,
          supervised,
          events: { arrived, broke },
        }),
      );
    }
    const start = performance.now();
    await this.#openMembers(from);
    const elapsedMs = performance.now() - start;
    const fresh = this.members.slice(from);
    this.#awake?.stop();
    this.#awake = keepAwake(this.members);
    if (needsPublisher) await this.#openPublisher(first);
    return {
      readers,
      elapsedMs,
      bytesDown: fresh.reduce((sum, { bytesRead }) => sum + bytesRead, 0) / Math.max(1, readers),
      bytesUp: fresh.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0) / Math.max(1, readers),
    };
  }

  close(): void {
    this.#awake?.stop();
    this.#publisher?.close();
    for (const member of this.members) member.close();
  }

  async #openMembers(from: number): Promise<void> {
    for (let at = from; at < this.members.length; at += OPENING_AT_ONCE) {
      const group = this.members.slice(at, at + OPENING_AT_ONCE);
      await Promise.all(group.map((member, offset) => named(`reader ${at + offset}`, member.open())));
    }
  }

  #openPublisher(credentials: Parameters<Dialect["openPublisher"]>[0]["credentials"]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const broke = (why: string): void => {
      reject(new Error(why));
      this.#break("the publisher", why);
    };
    this.#publisher = this.#dialect.openPublisher({ url: this.#url, credentials, events: { opened: resolve, broke } });
    return named("the publisher", promise);
  }

  #arrived(reader: number, message: number): void {
    if (this.ledger.arrive(reader, message)) this.recorder?.arrived(reader, message);
  }

  #break(who: string, why: string): void {
    this.#broken.abort(new Error(`${who} broke off: ${why}`));
  }
}

async function named(who: string, opening: Promise<void>): Promise<void> {
  try {
    await opening;
  } catch (error) {
    throw new Error(`${who} broke off: ${error instanceof Error ? error.message : error}`);
  }
}
