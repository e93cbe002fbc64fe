import type { Settings } from "../../../src/chat/settings.ts";
import type { StoreSpec } from "../../../src/log/spec.ts";
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
import { ask, UPGRADE } from "../../support/rawHttp.ts";
import { ServerSockets } from "../../support/serverSockets.ts";
import type { Arm, Control, Down, Site, Where } from "../arm.ts";
import type { Trait } from "../requirements.ts";

/** What stands between readers and a server of this process. */
export interface Front extends AsyncDisposable {
  readonly url: URL;
}

/** TLS: with what the server speaks it, and by which `fetch` it is called. */
export interface ByTls {
  readonly files: TlsFiles;
  readonly fetch: typeof globalThis.fetch;
}

interface Place {
  readonly base: URL;
  readonly transport: ClientTransport;
  readonly control: Control | null;
  /** Whether a fault-making proxy stands before each reader. */
  readonly faults: boolean;
  readonly fetch?: typeof globalThis.fetch;
  close(): Promise<void>;
}

/**
 * A transport at its client half, against servers of this process; `mounts`, where the registry does not serve it;
 * `store` gives each server a place for its rooms, which is in memory without it; `before` puts something in front of it;
 * with `tls` they speak that.
 */
export function networkArm(
  transport: ClientTransport,
  mounts?: readonly Mountable[],
  store: () => StoreSpec = () => ({ kind: "memory" }),
  before?: (server: URL) => Promise<Front>,
  tls?: ByTls,
): Arm {
  let shared: Promise<Site> | null = null;
  const start = async (settings: Partial<Settings> = {}): Promise<Site> => {
    const server = await startServer({
      rateLimit: settings.commandRate !== undefined && settings.commandRate !== null,
      settings,
      store: store(),
      ...(mounts === undefined ? {} : { transports: mounts }),
      ...(tls === undefined ? {} : { tls: tls.files }),
    });
    try {
      const place = controlled(server, transport, (await before?.(server.url)) ?? null);
      return new NetworkSite(tls === undefined ? place : { ...place, fetch: tls.fetch });
    } catch (error) {
      await server.close();
      throw error;
    }
  };
  return {
    name: transport.name,
    traits: traitsOf(transport),
    start,
    // Small batches, so that a replay is many writes and a race has many places to happen in.
    shared: () => {
      shared ??= start({ batchEvents: 7 });
      return shared;
    },
    close: async () => {
      if (shared !== null) await (await shared)[Symbol.asyncDispose]();
    },
  };
}

/** A transport at its client half, against whatever server is at `base`. */
export function remoteArm(transport: ClientTransport, base: URL): Arm {
  const site = new NetworkSite({ base, transport, control: null, faults: false, close: () => Promise.resolve() });
  return {
    name: transport.name,
    traits: traitsOf(transport),
    start: null,
    shared: () => Promise.resolve(site),
    close: () => site[Symbol.asyncDispose](),
  };
}

function traitsOf({ streaming, duplex }: ClientTransport): ReadonlySet<Trait> {
  return new Set<Trait>([streaming ? "streaming" : "polling", duplex ? "duplex" : "half-duplex"]);
}

function controlled(server: RunningServer, transport: ClientTransport, front: Front | null): Place {
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

class NetworkSite extends Api implements Site {
  readonly control: Control | null;
  readonly #place: Place;
  readonly #open = new Set<() => Promise<void>>();
  readonly #numbers = new Map<SessionToken, number>();

  constructor(place: Place) {
    super(place.base);
    this.#place = place;
    this.control = place.control;
  }

  async attach(session: SessionToken, { after, reader }: Where = {}): Promise<Down> {
    const { transport, base, faults } = this.#place;
    const number = reader ?? (this.#numbers.get(session) ?? 0) + 1;
    this.#numbers.set(session, Math.max(number, this.#numbers.get(session) ?? 0));
    const proxy = faults ? await FaultProxy.open(base) : null;
    const controller = new AbortController();
    const queue = new EventQueue(after ?? null);
    const attach = { base: proxy?.url ?? base, session, after, reader: number };
    const platform = { ...testPlatform(), ...(this.#place.fetch === undefined ? {} : { fetch: this.#place.fetch }) };
    const link = transport.connect(attach, platform, controller.signal);
    const reading = follow(link, queue);
    const end = async (): Promise<void> => {
      controller.abort();
      await reading;
      await proxy?.[Symbol.asyncDispose]();
    };
    this.#open.add(end);
    await link.opened;
    const need = (): FaultProxy => {
      if (proxy === null)
        throw new Error("there is no proxy before a server at a URL: the requirement must say `control`");
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
      hold: () => need().hold(),
      release: () => need().release(),
      chop: (bytes) => need().chop(bytes),
      get connections() {
        return need().connections;
      },
    };
  }

  async refusal({ session, after, reader }: Parameters<Site["refusal"]>[0]): Promise<ErrorCode | null> {
    const { transport, base } = this.#place;
    const url = new URL(`/transports/${transport.name}?hold=0`, base);
    if (after !== undefined) url.searchParams.set("after", after);
    if (reader !== undefined) url.searchParams.set("reader", String(reader));
    const headers = {
      ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
      ...(transport.duplex ? UPGRADE : {}),
    };
    const { status, body } = await ask(url, { headers }, true);
    // The one answer at which a native EventSource stops for good: a body can't come with it.
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
    await this.#place.close();
  }
}
