import { once } from "node:events";
import { type Agent, type IncomingMessage, request } from "node:http";
import { request as requestByTls } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectByTls } from "node:tls";

export interface RequestParts {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Default: a new connection for this request. */
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** The headers that ask for a WebSocket (RFC 6455, section 4.1). */
export const UPGRADE: Readonly<Record<string, string>> = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/**
 * Sends one request with these headers and those that HTTP requires, and no others. With `untilHead` it resolves at the
 * response's head, with an empty body, and drops the connection, unless the body is JSON: for streams.
 */
export function ask(url: URL, asked: RequestParts = {}, untilHead = false): Promise<Answer> {
  const { method = "GET", headers = {}, body, agent = false } = asked;
  const send = url.protocol === "https:" ? requestByTls : request;
  return new Promise((resolve, reject) => {
    const sent = send(url, { method, headers: { ...headers }, agent }, (response) => {
      const head = { status: response.statusCode ?? 0, headers: response.headers };
      if (untilHead && response.headers["content-type"]?.startsWith("application/json") !== true) {
        resolve({ ...head, body: "" });
        sent.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ ...head, body: Buffer.concat(chunks).toString() }));
      response.on("error", reject);
    });
    sent.on("upgrade", (response, socket) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: "" });
      socket.destroy();
    });
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // The peer closed an idle connection while this request was on its way: it was never read (RFC 9112, section 9.3.1).
      if (sent.reusedSocket && error.code === "ECONNRESET") resolve(ask(url, asked, untilHead));
      else reject(error);
    });
    sent.end(body);
  });
}

/** A TCP connection, or TLS on one, without HTTP on top. Keeps all received bytes. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #taken = 0;
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    socket.on("close", () => {
      this.closed = true;
    });
    socket.on("error", () => undefined);
  }

  static async open(url: URL): Promise<RawConnection> {
    const to = { port: Number(url.port), host: url.hostname };
    const secure = url.protocol === "https:";
    const socket = secure ? connectByTls({ ...to, ALPNProtocols: ["http/1.1"] }) : connect(to);
    await once(socket, secure ? "secureConnect" : "connect");
    return new RawConnection(socket);
  }

  /** All received bytes. */
  get bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.bytes.toString("latin1");
  }

  /** Status of the first response; null before its first line has arrived. */
  get status(): number | null {
    const match = /^HTTP\/1\.1 ([0-9]{3}) /.exec(this.text);
    return match?.[1] === undefined ? null : Number(match[1]);
  }

  /** The received bytes that were not taken yet. */
  get received(): Buffer {
    return this.bytes.subarray(this.#taken);
  }

  /** Takes the first `count` of the received bytes. */
  take(count: number): Buffer {
    const taken = this.received.subarray(0, count);
    this.#taken += taken.length;
    return taken;
  }

  /** Resolves with the received bytes once `enough` is true for them, or when the connection has ended. */
  async until(enough: (received: Buffer) => boolean): Promise<Buffer> {
    while (!enough(this.received) && !this.closed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.socket.once("data", resolve).once("close", resolve);
      await promise;
      this.socket.off("data", resolve).off("close", resolve);
    }
    return this.received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
