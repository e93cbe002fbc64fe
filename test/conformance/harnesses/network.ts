import { NodeProxy } from "../../../scripts/cluster/node-proxy.ts";
import type { Settings } from "../../../src/chat/settings.ts";
import type { StoreSpec } from "../../../src/log/open.ts";
import { type ErrorCode, isErrorCode } from "../../../src/protocol/errors.ts";
import type { SessionToken } from "../../../src/protocol/ids.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import type { TlsFiles } from "../../../src/server/tls.ts";
import type { Mountable } from "../../../src/transports/contract.server.ts";
import type { ClientTransport } from "../../../src/transports/contract.ts";
import { Api } from "../../support/api.ts";
import { follow } from "../../support/follow.ts";
import { testPlatform } from "../../support/platform.ts";
import { FaultProxy } from "../../support/proxy.ts";
import { EventQueue } from "../../support/queue.ts";
import { ask, UPGRADE } from "../../support/raw-http.ts";
import { ServerSockets } from "../../support/server-sockets.ts";
import type { AttachedReader, AttachOptions, Control, Harness, TestServer } from "../harness.ts";
import type { Trait } from "../requirements.ts";

/** A proxy between readers and the servers of this process. */
export interface Front extends AsyncDisposable {
  readonly url: URL;
}

/** The server's certificate, and a `fetch` that trusts it. */
export interface TlsSetup {
  readonly files: TlsFiles;
  readonly fetch: typeof globalThis.fetch;
}

/** How a harness reaches a server, and what it can do to it. */
interface ServerAccess {
  readonly base: URL;
  readonly transport: ClientTransport;
  readonly control: Control | null;
  /** Whether each reader connects through a fault proxy of its own. */
  readonly faults: boolean;
  readonly fetch?: typeof globalThis.fetch;
  close(): Promise<void>;
}

export interface NetworkOptions {
  /** The transports served, if not the registry's. */
  readonly mounts?: readonly Mountable[];
  /** Returns the store of each server that is started, or of all its nodes; default: memory. */
  readonly store?: () => StoreSpec;
  /** Servers on that store that together are the server under test; default: one. */
  readonly nodes?: number;
  /** Settings of each server that a requirement doesn't set. */
  readonly defaults?: Partial<Settings>;
  /** Puts a proxy in front of the nodes; default: none before one, and one that sends each request to the next of several. */
  readonly before?: (nodes: readonly URL[]) => Promise<Front>;
  /** Serves HTTPS. */
  readonly tls?: TlsSetup;
}

/** Tests a transport's client half against servers of this process. */
export function networkHarness(
  transport: ClientTransport,
  { mounts, store = () => ({ kind: "memory" }), nodes = 1, defaults, before, tls }: NetworkOptions = {},
): Harness {
  let shared: Promise<TestServer> | null = null;
  const start = async (settings: Partial<Settings> = {}): Promise<TestServer> => {
    await using started = new AsyncDisposableStack();
    const spec = store();
    const servers: RunningServer[] = [];
    for (let node = 1; node <= nodes; node += 1) {
      const server = await startServer({
        rateLimit: settings.commandRate !== undefined && settings.commandRate !== null,
        settings: { ...defaults, ...settings },
        store: spec,
        ...(nodes === 1 ? {} : { trustProxy: ["127.0.0.1"] }),
        ...(mounts === undefined ? {} : { transports: mounts }),
        ...(tls === undefined ? {} : { tls: tls.files }),
      });
      servers.push(server);
      started.defer(() => server.close());
    }
    const urls = servers.map(({ url }) => url);
    const front = before?.(urls) ?? (nodes === 1 ? null : NodeProxy.start(urls));
    const access = controlled(servers, transport, await front);
    started.move();
    return new NetworkServer(tls === undefined ? access : { ...access, fetch: tls.fetch });
  };
  return {
    name: transport.name,
    traits: traitsOf(transport),
    nodes,
    start,
    // Small batches: a replay takes many writes, so that a race has many chances to show.
    shared: () => {
      shared ??= start({ batchEvents: 7 });
      return shared;
    },
    close: async () => {
      if (shared !== null) await (await shared)[Symbol.asyncDispose]();
    },
  };
}

/** Tests a transport's client half against the running server at `base`. */
export function remoteHarness(transport: ClientTransport, base: URL): Harness {
  const server = new NetworkServer({ base, transport, control: null, faults: false, close: () => Promise.resolve() });
  return {
    name: transport.name,
    traits: traitsOf(transport),
    nodes: 1,
    start: null,
    shared: () => Promise.resolve(server),
    close: () => server[Symbol.asyncDispose](),
  };
}

function traitsOf({ streaming, duplex }: ClientTransport): ReadonlySet<Trait> {
  return new Set<Trait>([streaming ? "streaming" : "polling", duplex ? "duplex" : "half-duplex"]);
}

function controlled(servers: readonly RunningServer[], transport: ClientTransport, front: Front | null): ServerAccess {
  const [first] = servers;
  const base = front?.url ?? first?.url;
  if (base === undefined) throw new Error("a server under test needs at least one node");
  const sockets = servers.map(({ url }) => new ServerSockets(Number(url.port)));
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return {
    base,
    transport,
    faults: true,
    control: {
      drain: async () => {
        await Promise.all(servers.map((server) => server.drain()));
      },
      connections: () => sum(servers.map(({ counts }) => counts.connections)),
      queuedBytes: () => sum(sockets.map(({ queuedBytes }) => queuedBytes)),
    },
    close: async () => {
      for (const each of sockets) each[Symbol.dispose]();
      await Promise.all(servers.map((server) => server.close()));
      await front?.[Symbol.asyncDispose]();
    },
  };
}

class NetworkServer extends Api implements TestServer {
  readonly control: Control | null;
  readonly #access: ServerAccess;
  readonly #open = new Set<() => Promise<void>>();
  readonly #numbers = new Map<SessionToken, number>();

  constructor(access: ServerAccess) {
    super(access.base);
    this.#access = access;
    this.control = access.control;
  }

  async attach(session: SessionToken, { after, reader }: AttachOptions = {}): Promise<AttachedReader> {
    const { transport, base, faults } = this.#access;
    const number = reader ?? (this.#numbers.get(session) ?? 0) + 1;
    this.#numbers.set(session, Math.max(number, this.#numbers.get(session) ?? 0));
    const proxy = faults ? await FaultProxy.open(base) : null;
    const controller = new AbortController();
    const queue = new EventQueue(after ?? null);
    const attach = { base: proxy?.url ?? base, session, after, reader: number };
    const platform = { ...testPlatform(), ...(this.#access.fetch === undefined ? {} : { fetch: this.#access.fetch }) };
    const link = transport.connect(attach, platform, controller.signal);
    const reading = follow(link, queue);
    const end = async (): Promise<void> => {
      controller.abort();
      await reading;
      await proxy?.[Symbol.asyncDispose]();
    };
    this.#open.add(end);
    await link.opened;
    const faultProxy = (): FaultProxy => {
      if (proxy === null)
        throw new Error("A server at a URL has no fault proxy. The requirement must state `control`.");
      return proxy;
    };
    return {
      queue,
      execute: (command) => link.execute(command),
      cut: () => {
        if (proxy === null) controller.abort();
        else proxy.refusing = true;
      },
      abort: () => controller.abort(),
      hold: () => faultProxy().hold(),
      release: () => faultProxy().release(),
      chop: (bytes) => faultProxy().chop(bytes),
      get connections() {
        return faultProxy().connections;
      },
    };
  }

  async refusal({ session, after, reader }: Parameters<TestServer["refusal"]>[0]): Promise<ErrorCode | null> {
    const { transport, base } = this.#access;
    const url = new URL(`/transports/${transport.name}?hold=0`, base);
    if (after !== undefined) url.searchParams.set("after", after);
    if (reader !== undefined) url.searchParams.set("reader", String(reader));
    const headers = {
      ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
      ...(transport.duplex ? UPGRADE : {}),
    };
    const { status, body } = await ask(url, { headers }, true);
    // A native EventSource stops only at 204, which has no body.
    if (status === 204) return "superseded";
    if (status === 200 || status === 101) return null;
    const failure: unknown = JSON.parse(body);
    if (typeof failure !== "object" || failure === null || !("code" in failure) || !isErrorCode(failure.code)) {
      throw new Error(`the refusal ${status} has no code of the error table: ${body.slice(0, 200)}`);
    }
    return failure.code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map((end) => end()));
    await this.#access.close();
  }
}
