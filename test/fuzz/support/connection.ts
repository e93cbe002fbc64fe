import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Finding } from "../contract.ts";

/** What is not there after so long will not come. Long, because the machine may be busy with other things. */
export const DEADLINE_MS = 60_000;

/** One TCP connection: bytes out, bytes in, and its end, each waited for by condition. */
export class Connection {
  readonly socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  closed = false;
  #look: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
      this.#look();
    });
    socket.on("close", () => {
      this.closed = true;
      this.#look();
    });
    // A reset is an end like any other here.
    socket.on("error", () => undefined);
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** What has come and was not taken yet. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Takes this many of the bytes that have arrived. */
  take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  write(bytes: string | Buffer): void {
    if (!this.closed) this.socket.write(bytes, "latin1");
  }

  /** Resolves to whether `fits` held within `ms`; asked at every chunk and at the end. */
  async within(ms: number, fits: (line: this) => boolean): Promise<boolean> {
    if (fits(this)) return true;
    if (this.closed) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#look = () => {
      if (fits(this)) resolve(true);
      else if (this.closed) resolve(false);
    };
    const late = setTimeout(() => resolve(false), ms);
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.#look = () => undefined;
    }
  }

  /** Resolves when the server has closed it. Throws Finding when it does not. */
  async untilClosed(what: string): Promise<void> {
    await this.within(DEADLINE_MS, () => this.closed);
    if (!this.closed) throw new Finding("hang", `${what}: not closed within ${DEADLINE_MS} ms`);
  }

  /** Ends it with a reset: its port is free again at once. */
  drop(): void {
    if (!this.closed) this.socket.resetAndDestroy();
  }
}
