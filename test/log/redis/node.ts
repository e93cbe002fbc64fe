import { ChatHub } from "../../../src/chat/hub.ts";
import type { ReaderHandle } from "../../../src/chat/ports.ts";
import { DEFAULT_SETTINGS, type Settings, UNLIMITED } from "../../../src/chat/settings.ts";
import { openRedisStore, type RedisStore } from "../../../src/log/redis/store.ts";
import type { DownEvent } from "../../../src/protocol/events.ts";
import type { SessionToken } from "../../../src/protocol/ids.ts";
import { createCore } from "../../../src/server/core.ts";
import { asCommandId } from "../../support/cast.ts";
import { RecordingOutlet, recordingWire } from "../../support/recording-wire.ts";
import { until } from "../../support/wait.ts";

/** One process of a deployment, without its HTTP: a hub on a Redis that others use too. */
export class ChatNode implements AsyncDisposable {
  readonly reported: unknown[] = [];
  readonly hub: ChatHub;
  readonly store: RedisStore;
  readonly wire = recordingWire("stream");
  readonly #outlets: RecordingOutlet[] = [];

  private constructor(hub: ChatHub, store: RedisStore, reported: unknown[]) {
    this.hub = hub;
    this.store = store;
    this.reported = reported;
  }

  static async start(url: string, settings: Partial<Settings> = {}): Promise<ChatNode> {
    const reported: unknown[] = [];
    const core = createCore((error) => reported.push(error), {
      settings: { ...DEFAULT_SETTINGS, ...UNLIMITED, ...settings },
    });
    const { store, secret } = await openRedisStore({ url, prefix: "test", durability: "process" }, core, undefined);
    return new ChatNode(new ChatHub(core, secret, store), store, reported);
  }

  say(session: SessionToken, id: string, text = id) {
    return this.hub.post(session, { type: "say", id: asCommandId(id), text });
  }

  /** Attaches a stream. */
  async read(session: SessionToken, after?: string, reader = 1, wire = this.wire): Promise<RecordingOutlet> {
    return (await this.attach(session, after, reader, { wire })).outlet;
  }

  /** Attaches a reader with its handle. `idleMs`: its hold, or its heartbeat. */
  async attach(
    session: SessionToken,
    after: string | undefined,
    reader: number,
    { wire = this.wire, idleMs = 15_000 } = {},
  ): Promise<{ readonly outlet: RecordingOutlet; readonly handle: ReaderHandle }> {
    const outlet = new RecordingOutlet();
    const admission = await this.hub.admit({ session, after, reader, transport: wire.name });
    const handle = this.hub.attach(admission, wire, outlet, idleMs);
    this.#outlets.push(outlet);
    return { outlet, handle };
  }

  /** Ends as a killed process would: nothing is said to Redis or to clients. */
  async kill(): Promise<void> {
    await this.store.link.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hub.close();
  }
}

/** Resolves when an outlet has been written a message with this text. */
export function heard(outlet: RecordingOutlet, text: string): Promise<DownEvent> {
  return until(
    `the message "${text}"`,
    () => outlet.events.find((event) => event.type === "message" && event.text === text) ?? null,
  );
}
