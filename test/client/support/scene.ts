import { connect } from "../../../src/client/index.ts";
import type { ChatClient, ConnectionState, ConnectOptions, Delivery } from "../../../src/client/types.ts";
import type { Bye, Live, Message } from "../../../src/protocol/events.ts";
import { asCommandId, asCursor, asMember } from "../../support/cast.ts";
import { FakeApi } from "./fake-api.ts";
import { ManualPlatform, settle } from "./manual-platform.ts";
import { ScriptedTransport } from "./scripted.ts";

export function message(seq: number, id = `c${seq}`, from = "other"): Message {
  const author = { id: asMember(from), name: from };
  return { type: "message", seq, at: 1_700_000_000_000, id: asCommandId(id), from: author, text: `text ${seq}` };
}

export function live(cursor: string, replayed = 0): Live {
  return { type: "live", at: 1_700_000_000_000, cursor: asCursor(cursor), replayed };
}

export function bye(reason: Bye["reason"], retryAfterMs?: number): Bye {
  const retry = reason === "drain" || reason === "slow_consumer";
  return { type: "bye", reason, retry, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** A client between a scripted server and scripted transports, in a world whose clock the test moves. */
export class Scene {
  readonly platform = new ManualPlatform();
  readonly fast = new ScriptedTransport("fast");
  readonly slow = new ScriptedTransport("slow", { duplex: false });
  readonly poll = new ScriptedTransport("poll", { duplex: false, streaming: false, whenHidden: "slow" });
  readonly api = new FakeApi(["fast", "slow", "poll"]);
  readonly client: ChatClient;
  readonly states: ConnectionState[] = [];
  readonly deliveries: Delivery[] = [];

  constructor(options: Partial<ConnectOptions> = {}, prepare: (scene: Scene) => void = () => undefined) {
    this.platform.fetch = this.api.fetch;
    prepare(this);
    this.client = connect({
      url: "http://server.test/",
      room: "lobby",
      name: "Ada",
      transport: "fast",
      transports: [this.fast, this.slow, this.poll],
      platform: this.platform,
      ...options,
    });
    this.client.watch((state) => this.states.push(state));
    void this.#collect();
  }

  /** A scene whose client is live on `fast` at e1-5. */
  static async live(options: Partial<ConnectOptions> = {}): Promise<Scene> {
    const scene = new Scene(options);
    await settle();
    scene.fast.last.emit(live("e1-5"));
    await settle();
    return scene;
  }

  get state(): ConnectionState {
    return this.client.state;
  }

  /** Seqs delivered so far, in order. */
  get seqs(): number[] {
    return this.deliveries.flatMap(({ event }) => ("seq" in event ? [event.seq] : []));
  }

  async #collect(): Promise<void> {
    for await (const delivery of this.client) this.deliveries.push(delivery);
  }
}
