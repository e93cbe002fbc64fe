import type { Server, Socket } from "node:net";
import type { World } from "../chat/world.ts";

/** Looks this often within the time a connection has. */
const LOOKS = 5;

interface Unread {
  /** As many bytes must have been taken. */
  mark: number;
  /** Monotonic ms. */
  since: number;
}

/**
 * Cuts connections whose peer does not take what was written to it: else an answer that is never read would stay in
 * memory for ever. A connection that takes its bytes, however many are waiting behind them, is left alone.
 */
export class SlowReads {
  readonly #unreadMs: number;
  readonly #world: Pick<World, "elapsed" | "every">;
  readonly #sockets = new Set<Socket>();
  readonly #unread = new Map<Socket, Unread>();

  constructor(unreadMs: number, world: Pick<World, "elapsed" | "every">) {
    this.#unreadMs = unreadMs;
    this.#world = world;
  }

  /** Watches over all connections of a server until it is closed. */
  watch(server: Server): void {
    server.on("setSecureContext" in server ? "secureConnection" : "connection", (socket: Socket) => this.add(socket));
    server.once("listening", () =>
      server.once(
        "close",
        this.#world.every(this.#unreadMs / LOOKS, () => this.look()),
      ),
    );
  }

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#unread.delete(socket);
    });
  }

  look(): void {
    const elapsed = this.#world.elapsed();
    for (const socket of this.#sockets) {
      const waiting = socket.writableLength;
      if (waiting === 0) {
        this.#unread.delete(socket);
        continue;
      }
      const taken = socket.bytesWritten - waiting;
      const unread = this.#unread.get(socket);
      if (unread === undefined || taken >= unread.mark) {
        this.#unread.set(socket, { mark: socket.bytesWritten, since: elapsed });
      } else if (elapsed - unread.since >= this.#unreadMs) socket.destroy();
    }
  }
}
