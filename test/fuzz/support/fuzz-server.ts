import type { Session } from "../../../src/protocol/http.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../../src/server/server.ts";
import { Api } from "../../support/api.ts";
import { say } from "../../support/ids.ts";
import { until } from "../../support/wait.ts";
import { Finding } from "../contract.ts";
import { answerIn, judge, type RawAnswer } from "./answers.ts";
import { Bystanders } from "./bystanders.ts";
import { Connection, DEADLINE_MS } from "./connection.ts";

export const ROOM = "fuzz";
/** A held poll is answered by the next message. This is the wait before it is sent. */
const HELD_MS = 20;
/** After this many requests the member is replaced, so that its reader numbers and cursors stay fresh. */
const RENEW_EVERY = 100;

export interface Request {
  readonly method?: string;
  readonly path: string;
  /** Complete header lines. */
  readonly headers?: readonly string[];
  readonly body?: Buffer;
}

/** A server, a member whose session the inputs use, and well-behaved clients that must not be disturbed. */
export class FuzzServer {
  readonly server: RunningServer;
  readonly api: Api;
  readonly port: number;
  readonly host: string;
  readonly #bystanders: Bystanders;
  readonly #waker: Session;
  #member: Session;
  #line: Connection | null = null;
  #asked = 0;

  private constructor(server: RunningServer, api: Api, bystanders: Bystanders, waker: Session, member: Session) {
    this.server = server;
    this.api = api;
    this.port = Number(server.url.port);
    this.host = server.url.host;
    this.#bystanders = bystanders;
    this.#waker = waker;
    this.#member = member;
  }

  static async open(options: ServerOptions = {}): Promise<FuzzServer> {
    const settings = { requestTimeoutMs: 5_000, lingerMs: 600_000, pingMs: 600_000, ...options.settings };
    const server = await startServer({ rateLimit: false, log: "error", ...options, settings });
    const api = new Api(server.url);
    const bystanders = await Bystanders.open(api);
    const waker = await api.openSession(ROOM, "waker");
    return new FuzzServer(server, api, bystanders, waker, await api.openSession(ROOM, "member"));
  }

  /** The member whose session the inputs use. */
  get member(): Session {
    return this.#member;
  }

  /** Replaces the member; its session may have been ended by an input. */
  async renew(): Promise<void> {
    await this.api.end(this.#member.session).catch(() => undefined);
    this.#member = await this.api.openSession(ROOM, "member");
  }

  /** Replaces the member now and then. */
  async renewSometimes(): Promise<void> {
    this.#asked += 1;
    if (this.#asked % RENEW_EVERY === 0) await this.renew();
  }

  /** Somebody speaks, which ends every hold in the room. */
  async wake(): Promise<void> {
    await this.api.execute(this.#waker.session, say("wake up"));
  }

  /** Sends one request on a connection that stays, and judges its answer. Throws Finding. */
  async ask({ method = "GET", path, headers = [], body }: Request): Promise<RawAnswer> {
    const line = await this.#open();
    const length = body === undefined ? [] : [`Content-Length: ${body.length}`];
    line.write(`${[`${method} ${path} HTTP/1.1`, `Host: ${this.host}`, ...headers, ...length].join("\r\n")}\r\n\r\n`);
    if (body !== undefined) line.write(body);
    let answer: RawAnswer | null = null;
    const whole = (): boolean => {
      answer = answerIn(line.bytes, method);
      return answer !== null;
    };
    const mayBeHeld = path.startsWith("/transports/");
    if (!(await line.within(mayBeHeld ? HELD_MS : DEADLINE_MS, whole)) && mayBeHeld && !line.closed) {
      await this.wake();
      await line.within(DEADLINE_MS, whole);
    }
    return this.#taken(line, answer);
  }

  /** Whether well-formed clients are served as if nothing were. Throws Finding. */
  check(): Promise<void> {
    return this.#bystanders.check();
  }

  /** Ends it. Throws Finding where anything is left over: connections, sessions. */
  async close(): Promise<void> {
    this.#line?.drop();
    try {
      await this.check();
      await this.#bystanders.close();
      const counts = () => JSON.stringify(this.server.counts);
      await until("all connections to be gone", () => this.server.counts.connections === 0).catch(() => {
        throw new Finding("wrong", `nobody is connected any more, and the server counts ${counts()}`);
      });
      for (const { session } of [...this.#bystanders.sessions, this.#waker, this.#member]) {
        await this.api.end(session).catch(() => undefined);
      }
      if (this.server.counts.sessions !== 0)
        throw new Finding("wrong", `every session was ended, and the server counts ${counts()}`);
    } finally {
      await this.server.close();
    }
  }

  async #open(): Promise<Connection> {
    if (this.#line === null || this.#line.closed) this.#line = await Connection.open(this.port);
    return this.#line;
  }

  #taken(line: Connection, answer: RawAnswer | null): RawAnswer {
    if (answer === null) {
      this.#line = null;
      line.drop();
      throw line.closed
        ? new Finding("wrong", "the connection was closed without an answer")
        : new Finding("hang", `no answer within ${DEADLINE_MS} ms, whoever has spoken meanwhile`);
    }
    line.take(answer.length);
    const over = answer.endless || answer.status === 101 || answer.headers.get("connection") === "close";
    if (over || line.bytes.length > 0) {
      this.#line = null;
      line.drop();
    }
    judge(answer);
    return answer;
  }
}
