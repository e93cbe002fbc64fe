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
import { RunningProxy } from "./running.ts";

type Live = Extract<ConnectionState, { kind: "live" }>;

/** A server, a proxy before it, a member behind the proxy whose client chooses by itself, and one who speaks past it. */
export class Household implements AsyncDisposable {
  readonly server: RunningServer;
  readonly proxy: RunningProxy;
  readonly room = freshRoom();
  /** All that was said in the room, in order. */
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
  ): Promise<Household> {
    await using stack = new AsyncDisposableStack();
    const server = await startServer({ rateLimit: false, settings });
    stack.defer(() => server.close());
    const proxy = stack.use(await RunningProxy.start(program, server.url, configuration));
    return new Household(server, proxy, stack.move());
  }

  get listener(): Listener {
    if (this.#listener === null) throw new Error("nobody has moved in yet");
    return this.#listener;
  }

  /** Has the member come, by `auto`; resolves when it is live by whatever. */
  async moveIn(transport = "auto"): Promise<void> {
    const options = { room: this.room, name: "Ada", transport, platform: testPlatform() };
    const listener = await Listener.open(this.proxy.url, options);
    this.#listener = this.#stack.use(listener);
  }

  /** Says something past the proxy. */
  async say(text: string): Promise<void> {
    if (this.#speaker === null) {
      const api = new Api(this.server.url);
      this.#speaker = { api, session: await api.openSession(this.room, "Grace") };
    }
    const { api, session } = this.#speaker;
    await api.execute(session.session, say(text));
    this.said.push(text);
  }

  /** Has the member say something, through the proxy. */
  async send(text: string): Promise<void> {
    await this.listener.client.send(text);
    this.said.push(text);
  }

  /** The state once the member is live by this transport. */
  async untilLiveBy(transport: string): Promise<Live> {
    const { client, states } = this.listener;
    const isThere = () => {
      const { state } = client;
      return state.kind === "live" && state.transport === transport && state;
    };
    return until(`the client to be live by ${transport}`, isThere).catch((error: unknown) => {
      const way = states.map((state) => (state.kind === "closed" ? state.kind : `${state.kind} ${state.transport}`));
      throw new Error(`the client went by ${way.join(", ")}; ${this.proxy.output.slice(-2_000)}`, { cause: error });
    });
  }

  /** What did not get through, by the client's own word. */
  passedOver({ passedOver = [] }: Live): Record<string, string> {
    return Object.fromEntries(passedOver.map(({ transport, why }: PassedOver) => [transport, why]));
  }

  /** Resolves when all that was said has come; what came is then told as it came. */
  async heard(): Promise<{ readonly texts: string[]; readonly jumps: number[]; readonly gaps: number }> {
    await this.listener.untilTexts(this.said.length);
    const seqs = this.listener.numbered.map(({ seq }) => seq);
    const jumps = seqs.filter((seq, index) => index > 0 && seq !== (seqs[index - 1] ?? 0) + 1);
    return { texts: this.listener.texts, jumps, gaps: this.listener.gaps.length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
