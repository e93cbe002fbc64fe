import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { Command, Reply } from "../../src/protocol/commands.ts";
import { isErrorCode, ProtocolError } from "../../src/protocol/errors.ts";
import type { HistoryPage, Members, Session, SessionInfo } from "../../src/protocol/http.ts";
import type { Cursor, SessionToken } from "../../src/protocol/ids.ts";
import { type Answer, ask } from "./raw-http.ts";

/**
 * The HTTP routes of PROTOCOL.md, section 5, as functions. Refusals reject with ProtocolError.
 * It has an agent of its own: connections of the global `fetch` outlive a server, and the next server may get its port.
 */
export class Api {
  readonly base: URL;
  readonly #agent: Agent;

  constructor(base: URL) {
    this.base = base;
    this.#agent = base.protocol === "https:" ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  }

  /** Closes its connections, which otherwise stay open as long as the server keeps them. */
  close(): void {
    this.#agent.destroy();
  }

  openSession(room: string, name = "Ada", key?: string): Promise<Session> {
    return this.#json("POST", "/api/sessions", undefined, { room, name, ...(key === undefined ? {} : { key }) });
  }

  current(session: SessionToken): Promise<SessionInfo> {
    return this.#json("GET", "/api/sessions/current", session);
  }

  async end(session: SessionToken): Promise<void> {
    await this.#send("DELETE", "/api/sessions/current", session);
  }

  history(session: SessionToken, before: Cursor, limit: number): Promise<HistoryPage> {
    return this.#json("GET", `/api/history?before=${before}&limit=${limit}`, session);
  }

  members(session: SessionToken): Promise<Members> {
    return this.#json("GET", "/api/members", session);
  }

  /** Sends a command. Resolves to the reply, `ok` or `refused`; null for `alive`, which has none. */
  async execute(session: SessionToken, command: Command): Promise<Reply | null> {
    const { status, body } = await this.#ask("POST", "/api/commands", session, command);
    if (status === 204) return null;
    const reply: Reply = JSON.parse(body);
    if (reply.type !== "ok" && reply.type !== "refused") throw failureOf(status, reply);
    return reply;
  }

  async #json<Body>(method: string, path: string, session?: SessionToken, body?: object): Promise<Body> {
    const answer: Body = JSON.parse((await this.#send(method, path, session, body)).body);
    return answer;
  }

  async #send(method: string, path: string, session?: SessionToken, body?: object): Promise<Answer> {
    const answer = await this.#ask(method, path, session, body);
    if (answer.status >= 300) throw failureOf(answer.status, JSON.parse(answer.body));
    return answer;
  }

  #ask(method: string, path: string, session?: SessionToken, body?: object): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return ask(new URL(path, this.base), {
      method,
      agent: this.#agent,
      headers: {
        ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
        ...(text === undefined
          ? {}
          : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
      },
      ...(text === undefined ? {} : { body: text }),
    });
  }
}

function failureOf(status: number, body: unknown): Error {
  if (typeof body === "object" && body !== null && "code" in body && isErrorCode(body.code)) {
    return new ProtocolError(body.code);
  }
  return new Error(`the server answered ${status} with a body that has no code of the error table`);
}
