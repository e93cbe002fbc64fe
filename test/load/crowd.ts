import type { Credentials, Reader } from "../../bench/generator/dialect.ts";
import { stampedText } from "../../bench/generator/stamp.ts";
import { OWN } from "../../bench/skyrocket/rows.ts";
import type { SessionToken } from "../../src/protocol/ids.ts";
import { Api } from "../support/api.ts";
import { asSession } from "../support/cast.ts";
import { say } from "../support/ids.ts";
import { until, within } from "../support/wait.ts";

/** The room in which the bench's dialect opens its sessions. */
const ROOM = "bench";
/** Joins, handshakes or leaves that run at the same time. */
const TOGETHER = 50;
/** Thousands of readers take long on two busy cores. */
const PATIENCE_MS = 120_000;

interface Member {
  readonly credentials: Credentials;
  readonly reader: Reader;
  /** Number of the last message it received. */
  last: number;
}

/** Many bare readers on one transport, opened as the bench's load generator opens them, and what they received. */
export class Crowd {
  readonly faults: string[] = [];
  readonly #transport: string;
  readonly #url: URL;
  readonly #members: Member[] = [];
  /** Every member must receive each message from this number on. */
  readonly #from: number;
  readonly #receivedBy = new Map<number, number>();

  /** `from`: the number of the first message that will be published. */
  constructor(transport: string, url: URL, from = 1) {
    this.#transport = transport;
    this.#url = url;
    this.#from = from;
  }

  get size(): number {
    return this.#members.length;
  }

  /** Opens `count` more readers, each with its own session. Resolves when all are attached. */
  async join(count: number): Promise<void> {
    const { dialect } = rowOf(this.#transport);
    const credentials = await dialect.join(this.#url, count);
    await inGroups(credentials, async (own) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const number = this.#members.length;
      const member: Member = {
        credentials: own,
        last: this.#from - 1,
        reader: dialect.openReader({
          url: this.#url,
          credentials: own,
          track: false,
          link: 1,
          events: {
            opened: resolve,
            arrived: (message) => this.#arrived(number, message),
            failed: (why) => {
              this.faults.push(`reader ${number} on ${this.#transport}: ${why}`);
              reject(new Error(why));
            },
          },
        }),
      };
      this.#members.push(member);
      await within("a reader to attach", promise, PATIENCE_MS);
    });
  }

  /** Returns how many members have this message. */
  received(message: number): number {
    return this.#receivedBy.get(message) ?? 0;
  }

  /** Resolves when every member has this message. Makes short pollers poll. */
  async untilReceived(message: number): Promise<void> {
    for (const { reader } of this.#members) reader.poll?.(1);
    await until(`message ${message} at every reader`, () => this.received(message) === this.size, PATIENCE_MS).catch(
      () => {
        throw new Error(
          `message ${message} is at ${this.received(message)} of ${this.size} readers on ${this.#transport}`,
        );
      },
    );
  }

  /** Stops reading from every socket. */
  freeze(): void {
    for (const { reader } of this.#members) reader.pause();
  }

  /** Closes all connections; sessions stay. */
  vanish(): void {
    for (const { reader } of this.#members) reader.close();
  }

  /** Closes all connections and ends all sessions. */
  async leave(): Promise<void> {
    this.vanish();
    const api = new Api(this.#url);
    await inGroups(this.#members, ({ credentials }) => api.end(asSession(credentials.session)));
    api.close();
    this.#members.length = 0;
  }

  #arrived(number: number, message: number): void {
    const member = this.#members[number];
    if (member === undefined || message < this.#from) return;
    if (message !== member.last + 1) {
      this.faults.push(`reader ${number} on ${this.#transport} received ${message} after ${member.last}`);
    }
    member.last = message;
    this.#receivedBy.set(message, this.received(message) + 1);
  }
}

/** Sends the messages that a crowd must receive, one after another, numbered from 1. */
export class Speaker {
  readonly #api: Api;
  readonly #session: SessionToken;
  #said = 0;

  private constructor(api: Api, session: SessionToken) {
    this.#api = api;
    this.#session = session;
  }

  static async open(url: URL): Promise<Speaker> {
    const api = new Api(url);
    const { session } = await api.openSession(ROOM, "speaker");
    return new Speaker(api, session);
  }

  /** Number of the last message. */
  get said(): number {
    return this.#said;
  }

  /** Resolves to the message's number once it is acknowledged. */
  async speak(textBytes = 0): Promise<number> {
    this.#said += 1;
    const number = this.#said;
    const reply = await this.#api.execute(this.#session, say(stampedText(number, textBytes)));
    if (reply?.type !== "ok") throw new Error(`message ${number} was answered ${JSON.stringify(reply)}`);
    return number;
  }

  async leave(): Promise<void> {
    await this.#api.end(this.#session);
    this.#api.close();
  }
}

function rowOf(transport: string) {
  const row = OWN.find(({ name }) => name === transport);
  if (row === undefined) throw new RangeError(`the bench has no row for the transport "${transport}"`);
  return row;
}

async function inGroups<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += TOGETHER) await Promise.all(items.slice(at, at + TOGETHER).map(work));
}
