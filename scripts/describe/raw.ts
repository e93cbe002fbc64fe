import { connect, type Socket } from "node:net";

/** A bare TCP connection that keeps every byte it was sent, and can wait for what they add up to. */
export class RawConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #wake: () => void = () => {};
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", () => {
      // `close` follows, and says what matters: nothing more will come.
    });
  }

  static async open(url: URL): Promise<RawConnection> {
    const socket = connect(Number(url.port), url.hostname);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawConnection(socket);
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** What has come and was not taken. */
  get received(): Buffer {
    return this.#received;
  }

  /** Takes the first `count` bytes of what has come. */
  take(count: number): Buffer {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  /** Resolves once `enough` says so of what has come, or nothing more will come. */
  async until(enough: (received: Buffer) => boolean): Promise<Buffer> {
    while (!enough(this.#received) && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received;
  }

  close(): void {
    this.#socket.destroy();
  }
}
