import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { ERRORS, type ErrorCode } from "../../../src/protocol/errors.ts";
import type { Session } from "../../../src/protocol/http.ts";
import type { SessionToken } from "../../../src/protocol/ids.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { Api } from "../../support/api.ts";
import { freshRoom, say } from "../../support/ids.ts";
import { Listener } from "../../support/listener.ts";
import { type Answer, ask, type RequestParts, UPGRADE } from "../../support/raw-http.ts";
import { until } from "../../support/wait.ts";

const UNHARMED = "unharmed by";

/** A room with one reader on every transport. Whatever a test does, each of them must get the message that is said after it. */
export class Scene {
  readonly server: RunningServer;
  readonly api: Api;
  readonly room: string;
  readonly member: Session;
  readonly #bystanders: readonly Listener[];
  readonly #speaker: SessionToken;
  readonly #said: string[] = [];

  private constructor(
    server: RunningServer,
    room: string,
    member: Session,
    speaker: Session,
    bystanders: readonly Listener[],
  ) {
    this.#speaker = speaker.session;
    this.server = server;
    this.api = new Api(server.url);
    this.room = room;
    this.member = member;
    this.#bystanders = bystanders;
  }

  static async open(options: ServerOptions): Promise<Scene> {
    const server = await startServer({ rateLimit: false, ...options });
    const room = freshRoom();
    const bystanders = await Promise.all(
      clientTransports.map(({ name }) =>
        Listener.open(server.url, { room, name: `bystander on ${name}`, transport: name }),
      ),
    );
    const member = await new Api(server.url).openSession(room, "member");
    const speaker = await new Api(server.url).openSession(room, "speaker");
    return new Scene(server, room, member, speaker, bystanders);
  }

  /** Says something that names what has just been done: whoever it harmed will lack it. */
  async speak(done: string): Promise<void> {
    const text = `${UNHARMED} ${done}`.slice(0, 500);
    this.#said.push(text);
    await this.api.execute(this.#speaker, say(text));
  }

  /** That nothing of all that was done has cost anybody anything. */
  async assertUnharmed(): Promise<void> {
    for (const bystander of this.#bystanders) {
      const heard = (): string[] => bystander.texts.filter((text) => text.startsWith(UNHARMED));
      await until("the bystanders' messages", () => heard().length >= this.#said.length).catch(() => undefined);
      expect(heard()).toEqual(this.#said);
      expect(bystander.states.filter(({ kind }) => kind === "reconnecting" || kind === "closed")).toEqual([]);
    }
  }

  /** A request that attaches a reader of `transport`: an upgrade where that is its way. */
  attach(
    transport: { name: string; duplex: boolean },
    query: Readonly<Record<string, string>>,
    asked: RequestParts = {},
  ): Promise<Answer> {
    const url = new URL(`/transports/${transport.name}`, this.server.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
    return ask(url, { ...asked, headers: { ...(transport.duplex ? UPGRADE : {}), ...asked.headers } }, true);
  }

  send(path: string, asked: RequestParts): Promise<Answer> {
    return ask(new URL(path, this.server.url), asked);
  }

  async close(): Promise<void> {
    for (const bystander of this.#bystanders) await bystander[Symbol.asyncDispose]();
    await this.server.close();
  }
}

/** One scene for a file of tests, looked after between them. */
export function scene(options: ServerOptions = {}): () => Scene {
  let open: Scene | null = null;
  const get = (): Scene => {
    if (open === null) throw new Error("the scene is not open yet");
    return open;
  };
  beforeAll(async () => {
    open = await Scene.open(options);
  });
  afterEach(({ task }) => get().speak(`${task.suite?.name ?? ""}: ${task.name}`));
  afterAll(async () => {
    try {
      await get().assertUnharmed();
    } finally {
      await get().close();
    }
  });
  return get;
}

/** What would show how the server is made. */
const STACK = /node_modules|node:internal|\.[jt]s:[0-9]+|\n\s+at /;

/** That an answer is exactly this entry of the error table and tells nothing else. */
export function expectFailure(answer: Answer, code: ErrorCode): void {
  expect({ status: answer.status, body: answer.body }).toEqual({
    status: ERRORS[code].status,
    body: expect.any(String),
  });
  expect(JSON.parse(answer.body)).toEqual({
    code,
    message: expect.stringMatching(/^.{10,}$/),
    retry: ERRORS[code].retry,
  });
  expect(answer.body).not.toMatch(STACK);
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
}

/** The same for a command, whose answer is a reply. */
export function expectRefusal(answer: Answer, code: ErrorCode, id: string): void {
  expect({ status: answer.status, body: JSON.parse(answer.body) }).toEqual({
    status: ERRORS[code].status,
    body: { type: "refused", id, code, message: expect.stringMatching(/^.{10,}$/), retry: ERRORS[code].retry },
  });
  expect(answer.body).not.toMatch(STACK);
}
