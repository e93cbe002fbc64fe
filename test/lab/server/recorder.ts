import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Carried } from "../support/carried.ts";

/** A relay that changes nothing and keeps all bytes, to compare with the lab's recording. */
export class Recorder implements AsyncDisposable {
  readonly connections: Carried[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, target: { host: string; port: number }) {
    this.#server = server;
    server.on("connection", (near) => this.#carry(near, connect(target)));
  }

  static async open(target: { host: string; port: number }): Promise<Recorder> {
    const server = createServer();
    const recorder = new Recorder(server, target);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return recorder;
  }

  get address(): { host: string; port: number } {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the recorder is not listening");
    return { host: "127.0.0.1", port: address.port };
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.address.port}/`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #carry(near: Socket, far: Socket): void {
    const carried: Carried = { up: Buffer.alloc(0), down: Buffer.alloc(0) };
    this.connections.push(carried);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroySoon();
      });
      from.on("end", () => to.end());
    }
    near.on("data", (bytes: Buffer) => {
      carried.up = Buffer.concat([carried.up, bytes]);
      far.write(bytes);
    });
    far.on("data", (bytes: Buffer) => {
      carried.down = Buffer.concat([carried.down, bytes]);
      near.write(bytes);
    });
  }
}
