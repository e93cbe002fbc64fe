import { rowNamed } from "../registry.ts";
import type { Credentials, Dialect, Publisher } from "./dialect.ts";
import { Ledger, type Recorder } from "./ledger.ts";
import { keepPollersAlive, Member, type Repeating } from "./member.ts";
import type { Open, Opening } from "./messages.ts";

/** Connections opened at the same time. */
const OPENING_TOGETHER = 50;

/** The readers and publishers of one row, and the ledger of what arrived at which reader. */
export class ReaderPool {
  readonly ledger = new Ledger(0);
  readonly members: Member[] = [];
  /** Records the times of the current run. */
  recorder: Recorder | null = null;
  readonly #failure = new AbortController();
  readonly #dialect: Dialect;
  readonly url: string;
  readonly #url: URL;
  #publishers: readonly Publisher[] = [];
  #keepAlive: Repeating | null = null;

  constructor(row: string, url: string) {
    this.#dialect = rowNamed(row).dialect;
    this.url = url;
    this.#url = new URL(url);
  }

  /** Aborts when a reader or a publisher fails; its reason is an Error that names it and the cause. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** Sends message `number` with a text of at least `textBytes` bytes, by the publisher whose turn it is. */
  publish(number: number, textBytes: number, turn = 0): void {
    const publisher = this.#publishers[turn % this.#publishers.length];
    if (publisher === undefined) throw new Error("no publisher is open");
    publisher.publish(number, textBytes);
  }

  /** Opens `readers` more readers, and the publishers if there are none. Rejects if one is refused. */
  async open({ readers, supervised, readAt = [this.url], publishAt = [this.url] }: Open): Promise<Opening> {
    const needsPublishers = this.#publishers.length === 0;
    // Create all sessions before the first reader attaches; the first ones are the publishers'.
    const credentials = await this.#dialect.join(this.#url, publishAt.length + readers);
    const others = credentials.slice(publishAt.length);
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
    if (needsPublishers) await this.#openPublishers(publishAt, credentials);
    return {
      readers,
      elapsedMs,
      bytesDown: added.reduce((sum, { bytesRead }) => sum + bytesRead, 0) / Math.max(1, readers),
      bytesUp: added.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0) / Math.max(1, readers),
    };
  }

  close(): void {
    this.#keepAlive?.stop();
    for (const publisher of this.#publishers) publisher.close();
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

  async #openPublishers(nodes: readonly string[], credentials: readonly Credentials[]): Promise<void> {
    const openings: Promise<void>[] = [];
    this.#publishers = nodes.map((node, at) => {
      const own = credentials[at];
      if (own === undefined) throw new RangeError("a row needs a publisher");
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const failed = (reason: string): void => {
        reject(new Error(reason));
        this.#fail("the publisher", reason);
      };
      openings.push(named("the publisher", promise));
      const events = { opened: resolve, failed };
      return this.#dialect.openPublisher({ url: new URL(node), credentials: own, events });
    });
    await Promise.all(openings);
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
