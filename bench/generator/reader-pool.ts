import { rowNamed } from "../registry.ts";
import type { Credentials, Dialect, Publisher } from "./dialect.ts";
import { Ledger, type Recorder } from "./ledger.ts";
import { keepPollersAlive, Member, type Repeating } from "./member.ts";
import type { Open, Opening } from "./messages.ts";

/** Connections opened at the same time. */
const OPENING_TOGETHER = 50;

/** The readers and the publisher of one row, and the ledger of what arrived at which reader. */
export class ReaderPool {
  readonly ledger = new Ledger(0);
  readonly members: Member[] = [];
  /** Records the times of the current run. */
  recorder: Recorder | null = null;
  readonly #failure = new AbortController();
  readonly #dialect: Dialect;
  readonly url: string;
  readonly #url: URL;
  #publisher: Publisher | null = null;
  #keepAlive: Repeating | null = null;

  constructor(row: string, url: string) {
    this.#dialect = rowNamed(row).dialect;
    this.url = url;
    this.#url = new URL(url);
  }

  /** Aborts when a reader or the publisher fails; its reason is an Error that names it and the cause. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  get publisher(): Publisher {
    if (this.#publisher === null) throw new Error("no publisher is open");
    return this.#publisher;
  }

  /** Opens `readers` more readers, and the publisher if there is none. Rejects if one is refused. */
  async open({ readers, supervised, readAt = [this.url] }: Open): Promise<Opening> {
    const needsPublisher = this.#publisher === null;
    // Create all sessions before the first reader attaches; the first one is the publisher's.
    const credentials = await this.#dialect.join(this.#url, readers + 1);
    const [first, ...others] = credentials;
    if (first === undefined) throw new RangeError("a row needs a publisher");
    const from = this.members.length;
    this.ledger.grow(readers);
    const nodes = readAt.map((node) => new URL(node));
    for (const [at, own] of others.entries()) {
      const turn = at % nodes.length;
      this.members.push(this.#memberWith(own, supervised, [...nodes.slice(turn), ...nodes.slice(0, turn)]));
    }
    const start = performance.now();
    await this.#openMembers(from);
    const elapsedMs = performance.now() - start;
    const added = this.members.slice(from);
    this.#keepAlive?.stop();
    this.#keepAlive = keepPollersAlive(this.members);
    if (needsPublisher) await this.#openPublisher(first);
    return {
      readers,
      elapsedMs,
      bytesDown: added.reduce((sum, { bytesRead }) => sum + bytesRead, 0) / Math.max(1, readers),
      bytesUp: added.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0) / Math.max(1, readers),
    };
  }

  close(): void {
    this.#keepAlive?.stop();
    this.#publisher?.close();
    for (const member of this.members) member.close();
  }

  #memberWith(credentials: Credentials, supervised: boolean, nodes: readonly URL[]): Member {
    const number = this.members.length;
    const arrived = (message: number): void => this.#arrived(number, message);
    const failed = (reason: string): void => this.#fail(`reader ${number}`, reason);
    const events = { arrived, failed };
    return new Member({ dialect: this.#dialect, nodes, credentials, supervised, events });
  }

  async #openMembers(from: number): Promise<void> {
    for (let at = from; at < this.members.length; at += OPENING_TOGETHER) {
      const group = this.members.slice(at, at + OPENING_TOGETHER);
      await Promise.all(group.map((member, offset) => named(`reader ${at + offset}`, member.open())));
    }
  }

  #openPublisher(credentials: Credentials): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const failed = (reason: string): void => {
      reject(new Error(reason));
      this.#fail("the publisher", reason);
    };
    this.#publisher = this.#dialect.openPublisher({
      url: this.#url,
      credentials,
      events: { opened: resolve, failed },
    });
    return named("the publisher", promise);
  }

  #arrived(reader: number, message: number): void {
    if (this.ledger.arrive(reader, message)) this.recorder?.arrived(reader, message);
  }

  #fail(what: string, reason: string): void {
    this.#failure.abort(new Error(`${what} failed: ${reason}`));
  }
}

async function named(what: string, opening: Promise<void>): Promise<void> {
  try {
    await opening;
  } catch (error) {
    throw new Error(`${what} failed: ${error instanceof Error ? error.message : error}`);
  }
}
