import type { Session } from "../../../src/protocol/http.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { Api } from "../../support/api.ts";
import { follow } from "../../support/follow.ts";
import { say } from "../../support/ids.ts";
import { testPlatform } from "../../support/platform.ts";
import { EventQueue } from "../../support/queue.ts";
import { until } from "../../support/wait.ts";
import { Finding } from "../contract.ts";

const ROOM = "bystanders";

interface Bystander {
  readonly transport: string;
  readonly queue: EventQueue;
}

/** Well-formed clients, one per transport, in a room of their own: each must get every message that is said there, once. */
export class Bystanders {
  readonly sessions: readonly Session[];
  readonly #api: Api;
  readonly #speaker: Session;
  readonly #readers: readonly Bystander[];
  readonly #lifetime: AbortController;
  readonly #reading: readonly Promise<void>[];
  readonly #said: string[] = [];

  private constructor(
    api: Api,
    sessions: readonly Session[],
    speaker: Session,
    readers: readonly Bystander[],
    lifetime: AbortController,
    reading: readonly Promise<void>[],
  ) {
    this.#api = api;
    this.sessions = sessions;
    this.#speaker = speaker;
    this.#readers = readers;
    this.#lifetime = lifetime;
    this.#reading = reading;
  }

  static async open(api: Api): Promise<Bystanders> {
    const speaker = await api.openSession(ROOM, "speaker");
    const lifetime = new AbortController();
    const sessions: Session[] = [speaker];
    const readers: Bystander[] = [];
    const reading: Promise<void>[] = [];
    for (const transport of clientTransports) {
      const { session, cursor, ...rest } = await api.openSession(ROOM, transport.name);
      sessions.push({ session, cursor, ...rest });
      const queue = new EventQueue(cursor);
      const attach = { base: api.base, session, after: cursor, reader: 1 };
      const link = transport.connect(attach, testPlatform(), lifetime.signal);
      reading.push(follow(link, queue));
      await link.opened;
      readers.push({ transport: transport.name, queue });
    }
    return new Bystanders(api, sessions, speaker, readers, lifetime, reading);
  }

  /** Says one more thing, which each of them must get. Throws Finding. */
  async check(): Promise<void> {
    const text = `still served ${this.#said.length}`;
    this.#said.push(text);
    const reply = await this.#api.execute(this.#speaker.session, say(text));
    if (reply?.type !== "ok") throw new Finding("wrong", `a well-formed command is answered ${JSON.stringify(reply)}`);
    for (const { transport, queue } of this.#readers) {
      const heard = (): boolean => queue.all.some((event) => event.type === "message" && event.text === text);
      await until("the message", heard).catch(() => {
        throw new Finding("hang", `a bystander on ${transport} is told nothing more: ${JSON.stringify(queue.ending)}`);
      });
    }
  }

  /** Ends them; throws Finding where one of them has lacked, duplicated or disordered a message. */
  async close(): Promise<void> {
    for (const { transport, queue } of this.#readers) {
      if (JSON.stringify(queue.texts) !== JSON.stringify(this.#said))
        throw new Finding("wrong", `a bystander on ${transport} has ${queue.texts.length} of ${this.#said.length}`);
    }
    this.#lifetime.abort();
    await Promise.all(this.#reading);
  }
}
