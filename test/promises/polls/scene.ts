import type { DownEvent } from "../../../src/protocol/events.ts";
import type { Session } from "../../../src/protocol/http.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../../src/server/server.ts";
import { Api } from "../../support/api.ts";
import { freshRoom } from "../../support/ids.ts";
import { RawConnection } from "../../support/raw-http.ts";
import { until } from "../../support/wait.ts";

/** One answer as it came: its head but for the date, and its body. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A server and a member of a room of its own. */
export class Scene implements AsyncDisposable {
  readonly server: RunningServer;
  readonly api: Api;
  readonly member: Session;

  private constructor(server: RunningServer, api: Api, member: Session) {
    this.server = server;
    this.api = api;
    this.member = member;
  }

  static async open(options: ServerOptions = {}): Promise<Scene> {
    const server = await startServer({ rateLimit: false, ...options });
    const api = new Api(server.url);
    return new Scene(server, api, await api.openSession(freshRoom()));
  }

  connect(): Promise<Polling> {
    return Polling.open(this.server.url, this.member);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    await this.server.close();
  }
}

export interface PollParts {
  readonly after?: string;
  readonly hold?: number;
  readonly headers?: string;
}

/** One connection, spoken by hand: what is written leaves as it is, and answers are taken apart by their lengths. */
export class Polling implements Disposable {
  readonly raw: RawConnection;
  readonly #url: URL;
  readonly #member: Session;
  #hold = 0;

  private constructor(raw: RawConnection, url: URL, member: Session) {
    this.raw = raw;
    this.#url = url;
    this.#member = member;
    raw.socket.setNoDelay(true);
  }

  static async open(url: URL, member: Session): Promise<Polling> {
    return new Polling(await RawConnection.open(url), url, member);
  }

  /** A poll's bytes; without parts, like the last one. */
  poll({ after = this.#member.cursor, hold = this.#hold, headers = "" }: PollParts = {}): string {
    this.#hold = hold;
    const path = `/transports/long-polling?reader=1&hold=${hold}&after=${after}`;
    return `GET ${path} HTTP/1.1\r\n${this.#fields()}${headers}\r\n`;
  }

  /** A command's bytes, in two pieces: head and body. */
  post(body: string, length = Buffer.byteLength(body)): [string, string] {
    const fields = `${this.#fields()}Content-Type: application/json\r\nContent-Length: ${length}\r\n`;
    return [`POST /api/commands HTTP/1.1\r\n${fields}\r\n`, body];
  }

  send(text: string): void {
    this.raw.socket.write(text, "latin1");
  }

  get answers(): RawAnswer[] {
    const answers: RawAnswer[] = [];
    let rest = this.raw.bytes;
    for (;;) {
      const end = rest.indexOf("\r\n\r\n");
      const head = rest.toString("latin1", 0, Math.max(0, end));
      const length = Number(/\r\ncontent-length: ([0-9]+)/i.exec(head)?.[1] ?? 0);
      if (end < 0 || rest.length < end + 4 + length) return answers;
      const status = Number(head.slice(9, 12));
      const dateless = head.replace(/\r\nDate: [^\r]+ GMT(?=\r\n|$)/, "\r\nDate: some");
      answers.push({ status, head: dateless, body: rest.toString("utf8", end + 4, end + 4 + length) });
      rest = rest.subarray(end + 4 + length);
    }
  }

  /** Resolves to all answers once there are this many. */
  async answered(count: number): Promise<RawAnswer[]> {
    await until(`answer ${count}`, () => this.answers.length >= count);
    return this.answers;
  }

  /** Sends it and resolves to its answer. */
  async ask(text: string): Promise<RawAnswer> {
    const before = this.answers.length;
    this.send(text);
    const answer = (await this.answered(before + 1))[before];
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]();
  }

  #fields(): string {
    return `Host: ${this.#url.host}\r\nAuthorization: Bearer ${this.#member.session}\r\nAccept: application/json\r\n`;
  }
}

export function eventsOf({ body }: RawAnswer): DownEvent[] {
  const events: DownEvent[] = JSON.parse(body);
  return events;
}

export function typesOf(answer: RawAnswer): string[] {
  return eventsOf(answer).map(({ type }) => type);
}
