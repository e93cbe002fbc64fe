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

/** A proxy between readers and a server of this process. */
export interface Front extends AsyncDisposable {
  readonly url: URL;
}

/** The server's certificate, and a `fetch` that trusts it. */
export interface TlsSetup {
  readonly files: TlsFiles;
  readonly fetch: typeof globalThis.fetch;
}

/** Where a server is reached, and what can be done to it. */
interface ServerAccess {
  readonly base: URL;
  readonly transport: ClientTransport;
  readonly control: Control | null;
  /** Whether each reader connects through a fault proxy of its own. */
  readonly faults: boolean;
  readonly fetch?: typeof globalThis.fetch;
  close(): Promise<void>;
}

/**
 * Tests a transport's client half against servers of this process.
 *
 * `mounts`: the transports served, if not the registry's. `store`: makes each server's store; default: memory.
 * `before`: puts a proxy in front of a server. `tls`: serves HTTPS.
 */
export function networkHarness(
  transport: ClientTransport,
  mounts?: readonly Mountable[],
  store: () => StoreSpec = () => ({ kind: "memory" }),
  before?: (server: URL) => Promise<Front>,
  tls?: TlsSetup,
): Harness {
  let shared: Promise<TestServer> | null = null;
  const start = async (settings: Partial<Settings> = {}): Promise<TestServer> => {
    const server = await startServer({
      rateLimit: settings.commandRate !== undefined && settings.commandRate !== null,
      settings,
      store: store(),
      ...(mounts === undefined ? {} : { transports: mounts }),
      ...(tls === undefined ? {} : { tls: tls.files }),
    });
    try {
      const access = controlled(server, transport, (await before?.(server.url)) ?? null);
      return new NetworkServer(tls === undefined ? access : { ...access, fetch: tls.fetch });
    } catch (error) {
      await server.close();
      throw error;
    }
  };
  return {
    name: transport.name,
    traits: traitsOf(transport),
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
    start: null,
    shared: () => Promise.resolve(server),
    close: () => server[Symbol.asyncDispose](),
  };
}

function traitsOf({ streaming, duplex }: ClientTransport): ReadonlySet<Trait> {
  return new Set<Trait>([streaming ? "streaming" : "polling", duplex ? "duplex" : "half-duplex"]);
}

function controlled(server: RunningServer, transport: ClientTransport, front: Front | null): ServerAccess {
  const sockets = new ServerSockets(Number(server.url.port));
  return {
    base: front?.url ?? server.url,
    transport,
    faults: true,
    control: {
      drain: () => server.drain(),
      connections: () => server.counts.connections,
      queuedBytes: () => sockets.queuedBytes,
    },
    close: async () => {
      sockets[Symbol.dispose]();
      await server.close();
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
