import type { RunningServer } from "../../src/server.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { RawConnection } from "./raw.ts";

/** One request and its answer. */
export interface Exchange extends Answer {
  /** Of both, heads included. */
  readonly bytes: number;
}

/** A member that speaks the least HTTP/1.1 there is, on bare sockets whose bytes can be counted. */
export class Visitor {
  readonly cursor: string;
  readonly #session: string;
  readonly #url: URL;
  readonly #connections: RawConnection[] = [];

  private constructor(url: URL, session: string, cursor: string) {
    this.#url = url;
    this.#session = session;
    this.cursor = cursor;
  }

  static async join({ url }: RunningServer, name: string): Promise<Visitor> {
    const response = await fetch(new URL("/api/sessions", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ room: "lobby", name }),
    });
    const text = await response.text();
    const session = /"session":"([^"]+)"/.exec(text)?.[1];
    const cursor = /"cursor":"([^"]+)"/.exec(text)?.[1];
    if (session === undefined || cursor === undefined) {
      throw new Error(`no session was opened: ${response.status} ${text}`);
    }
    return new Visitor(url, session, cursor);
  }

  /** Sends one request on a connection of its own and waits for its whole answer. */
  async ask(method: string, path: string, body = ""): Promise<Exchange> {
    const connection = await this.connect();
    const request = this.request(method, path, { body });
    connection.write(request);
    const answer = await readAnswer(connection, () => true);
    return { ...answer, bytes: Buffer.byteLength(request + answer.head + answer.body) };
  }

  async connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(this.#url);
    this.#connections.push(connection);
    return connection;
  }

  /** The bytes of a request: no header but those it can't do without, and those given. */
  request(
    method: string,
    path: string,
    { body = "", headers = [] }: { body?: string; headers?: readonly string[] } = {},
  ): string {
    const content = body === "" ? [] : ["Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`];
    const head = [
      `${method} ${path} HTTP/1.1`,
      "Host: 127.0.0.1:3000",
      `Authorization: Bearer ${this.#session}`,
      ...content,
      ...headers,
    ];
    return `${head.join("\r\n")}\r\n\r\n${body}`;
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
