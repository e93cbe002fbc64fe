import type { Settings } from "../../../src/chat/settings.ts";
import type { ConnectionState, PassedOver } from "../../../src/client/types.ts";
import type { Session } from "../../../src/protocol/http.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { Api } from "../../support/api.ts";
import { freshRoom, say } from "../../support/ids.ts";
import { Listener } from "../../support/listener.ts";
import { testPlatform } from "../../support/platform.ts";
import { until } from "../../support/wait.ts";
import type { Program } from "./program.ts";
import { RunningProxy } from "./running-proxy.ts";

type Live = Extract<ConnectionState, { kind: "live" }>;

/** A server behind a proxy, a member whose client connects through the proxy, and a member who sends past it. */
export class ProxiedRoom implements AsyncDisposable {
  readonly server: RunningServer;
  readonly proxy: RunningProxy;
  readonly room = freshRoom();
  /** Every text sent in the room, in order. */
  readonly said: string[] = [];
  readonly #stack: AsyncDisposableStack;
  #listener: Listener | null = null;
  #speaker: { readonly api: Api; readonly session: Session } | null = null;

  private constructor(server: RunningServer, proxy: RunningProxy, stack: AsyncDisposableStack) {
    this.server = server;
    this.proxy = proxy;
    this.#stack = stack;
  }

  static async start(
    program: Program,
    configuration = program.recommended,
    settings: Partial<Settings> = {},
  ): Promise<ProxiedRoom> {
    await using stack = new AsyncDisposableStack();
    const server = await startServer({ rateLimit: false, settings });
    stack.defer(() => server.close());
    const proxy = stack.use(await RunningProxy.start(program, server.url, configuration));
    return new ProxiedRoom(server, proxy, stack.move());
  }

  get listener(): Listener {
    if (this.#listener === null) throw new Error("connect() has not been called");
    return this.#listener;
  }

  /** Connects the member through the proxy. Resolves when it is live on any transport. */
  async connect(transport = "auto"): Promise<void> {
    const options = { room: this.room, name: "Ada", transport, platform: testPlatform() };
    const listener = await Listener.open(this.proxy.url, options);
    this.#listener = this.#stack.use(listener);
  }

  /** Sends a text past the proxy. */
  async say(text: string): Promise<void> {
    if (this.#speaker === null) {
      const api = new Api(this.server.url);
      this.#speaker = { api, session: await api.openSession(this.room, "Grace") };
    }
    const { api, session } = this.#speaker;
    await api.execute(session.session, say(text));
    this.said.push(text);
  }

  /** Sends a text through the proxy. */
  async send(text: string): Promise<void> {
    await this.listener.client.send(text);
    this.said.push(text);
  }

  /** Resolves to the state once the member is live on this transport. */
  async untilLiveBy(transport: string): Promise<Live> {
    const { client, states } = this.listener;
    const isThere = () => {
      const { state } = client;
      return state.kind === "live" && state.transport === transport && state;
    };
    return until(`the client to be live by ${transport}`, isThere).catch((error: unknown) => {
      const path = states.map((state) => (state.kind === "closed" ? state.kind : `${state.kind} ${state.transport}`));
      throw new Error(`the client's states: ${path.join(", ")}; ${this.proxy.output.slice(-2_000)}`, { cause: error });
    });
  }

  /** Returns the transports that the client passed over, each with its reason. */
  passedOver({ passedOver = [] }: Live): Record<string, string> {
    return Object.fromEntries(passedOver.map(({ transport, why }: PassedOver) => [transport, why]));
  }

  /** Waits for every text, then resolves to what the client received: texts, jumps in seq, gaps. */
  async received(): Promise<{ readonly texts: string[]; readonly jumps: number[]; readonly gaps: number }> {
    await this.listener.untilTexts(this.said.length);
    const seqs = this.listener.durable.map(({ seq }) => seq);
    const jumps = seqs.filter((seq, index) => index > 0 && seq !== (seqs[index - 1] ?? 0) + 1);
    return { texts: this.listener.texts, jumps, gaps: this.listener.gaps.length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
