import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { FaultProxy, ProxyOptions, Tap } from "../../../lab/engine/proxy/contract.ts";
import { startProxy } from "../../../lab/engine/proxy/fault-proxy.ts";
import { CALM, type LinkConditions, type Weather } from "../../../lab/engine/weather.ts";
import { until } from "../../support/wait.ts";

/** One end of a connection: what it received, and how it ended. */
export class End implements Disposable {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  ended = false;
  failed: string | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => this.chunks.push(bytes));
    socket.on("end", () => {
      this.ended = true;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.failed = error.code ?? error.message;
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }

  get length(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0);
  }

  async untilText(text: string): Promise<void> {
    await until(`the bytes ${JSON.stringify(text.slice(0, 40))}`, () => this.text === text);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

export type TapEntry =
  | { readonly kind: "opened"; readonly connection: number }
  | {
      readonly kind: "passed";
      readonly connection: number;
      readonly direction: string;
      readonly text: string;
      readonly heldMs: number;
    }
  | { readonly kind: "swallowed"; readonly connection: number; readonly direction: string; readonly bytes: number }
  | { readonly kind: "fault"; readonly connection: number | null; readonly what: string; readonly at: number }
  | { readonly kind: "closed"; readonly connection: number; readonly by: string };

/** Everything a proxy reported, in order. */
export class Recorder implements Tap {
  readonly entries: TapEntry[] = [];

  opened(connection: number): void {
    this.entries.push({ kind: "opened", connection });
  }
  passed(connection: number, direction: string, bytes: Uint8Array, _at: number, heldMs: number): void {
    this.entries.push({ kind: "passed", connection, direction, text: Buffer.from(bytes).toString("latin1"), heldMs });
  }
  swallowed(connection: number, direction: string, bytes: number): void {
    this.entries.push({ kind: "swallowed", connection, direction, bytes });
  }
  fault(connection: number | null, what: string, at: number): void {
    this.entries.push({ kind: "fault", connection, what, at });
  }
  closed(connection: number, by: string): void {
    this.entries.push({ kind: "closed", connection, by });
  }

  get faults(): string[] {
    return this.entries.flatMap((entry) => (entry.kind === "fault" ? [entry.what] : []));
  }

  passedText(direction: string): string {
    return this.entries
      .flatMap((entry) => (entry.kind === "passed" && entry.direction === direction ? [entry.text] : []))
      .join("");
  }

  get swallowedBytes(): number {
    return this.entries.reduce((sum, entry) => sum + (entry.kind === "swallowed" ? entry.bytes : 0), 0);
  }
}

/** A server behind a recording proxy, and any number of connections through it. */
export class Bench implements AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly recorder: Recorder;
  readonly #server: Server;
  readonly #arrivals: Socket[];
  readonly #ends: End[] = [];

  private constructor(proxy: FaultProxy, recorder: Recorder, server: Server, arrivals: Socket[]) {
    this.proxy = proxy;
    this.recorder = recorder;
    this.#server = server;
    this.#arrivals = arrivals;
  }

  static async open(options: Partial<ProxyOptions> = {}): Promise<Bench> {
    const arrivals: Socket[] = [];
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => arrivals.push(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const recorder = new Recorder();
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const proxy = await startProxy({ target: { host: "127.0.0.1", port }, seed: 1, tap: recorder, ...options });
    return new Bench(proxy, recorder, server, arrivals);
  }

  /** Opens a connection. Returns the client's end and the server's. */
  async pair(): Promise<{ client: End; server: End }> {
    const client = this.client();
    await once(client.socket, "connect");
    const arrived = await until("the connection at the server", () => this.#arrivals.shift() ?? null);
    const server = this.#keep(new End(arrived));
    arrived.resume();
    return { client, server };
  }

  /** Resolves when the proxy has read what was written before: a later connection has carried its bytes. */
  async settle(): Promise<void> {
    const before = this.recorder.entries.length;
    const { client } = await this.pair();
    client.socket.write("!");
    await until("the proxy to have read what was written", () => this.recorder.entries.length > before + 1);
  }

  /** Opens a connection that the proxy may refuse. */
  client(): End {
    return this.#keep(new End(connect({ port: this.proxy.port, host: "127.0.0.1", allowHalfOpen: true })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end[Symbol.dispose]();
    await this.proxy.close();
    this.#server.close();
  }

  #keep(end: End): End {
    this.#ends.push(end);
    return end;
  }
}

/** Returns calm weather with these changes. */
export function weather(but: Partial<Weather>): Weather {
  return { ...CALM, ...but };
}

/** Returns unimpeded conditions with these changes. */
export function link(but: Partial<LinkConditions>): LinkConditions {
  return { ...CALM.up, ...but };
}
