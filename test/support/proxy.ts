import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

const usedPorts = new Set<number>();

/** A TCP proxy before the server under test that can cut, hold up and chop what it carries. One per reader. */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Pair>();
  #held = false;
  #pieceBytes = Number.POSITIVE_INFINITY;
  #refusing = false;
  /** Connections taken so far. */
  connections = 0;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
    server.on("connection", (near) => this.#carry(near));
  }

  /** Listens on a port no proxy of this process has had, lest a connection of an earlier one is taken up again. */
  static async open(target: URL): Promise<FaultProxy> {
    for (;;) {
      const server = createServer({ pauseOnConnect: true });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const proxy = new FaultProxy(server, target);
      const { port } = proxy.#address();
      if (!usedPorts.has(port)) {
        usedPorts.add(port);
        return proxy;
      }
      await proxy[Symbol.asyncDispose]();
    }
  }

  get url(): URL {
    const url = new URL(this.#target);
    url.port = String(this.#address().port);
    return url;
  }

  /** Resets every connection at both ends; later ones are taken. */
  cut(): void {
    for (const { near, far } of [...this.#pairs]) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** While true, connections are reset as they come. */
  set refusing(refusing: boolean) {
    this.#refusing = refusing;
    if (refusing) this.cut();
  }

  /** Reads nothing more from the server until `release`: to the server, a peer whose socket stays full. */
  hold(): void {
    this.#held = true;
    for (const { far } of this.#pairs) far.pause();
  }

  release(): void {
    this.#held = false;
    for (const { far } of this.#pairs) far.resume();
  }

  /** From now on carries at most so many bytes in one piece, each in a turn of its own. */
  chop(bytes: number): void {
    this.#pieceBytes = bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    if (this.#server.listening) await once(this.#server, "close");
  }

  #address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is not listening");
    return address;
  }

  #carry(near: Socket): void {
    this.connections += 1;
    near.on("error", () => near.destroy());
    if (this.#refusing) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: this.#target.hostname.replace(/^\[|\]$/g, ""), port: Number(this.#target.port) });
    const pair = { near, far };
    this.#pairs.add(pair);
    far.on("error", () => far.destroy());
    near.setNoDelay(true);
    far.setNoDelay(true);
    const part = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    near.on("close", part);
    far.on("close", () => near.destroySoon());
    near.on("end", () => far.end());
    far.on("end", () => near.end());
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes: Buffer) => this.#deliver(bytes, pair));
    if (this.#held) far.pause();
    near.resume();
  }

  #deliver(bytes: Buffer, { near, far }: Pair): void {
    if (bytes.length <= this.#pieceBytes) {
      if (!near.write(bytes)) {
        far.pause();
        near.once("drain", () => this.#held || far.resume());
      }
      return;
    }
    far.pause();
    const next = (at: number): void => {
      if (near.destroyed) return;
      if (at >= bytes.length) {
        if (!this.#held) far.resume();
        return;
      }
      near.write(bytes.subarray(at, at + this.#pieceBytes));
      setImmediate(next, at + this.#pieceBytes);
    };
    next(0);
  }
}
