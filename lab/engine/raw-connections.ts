import { connect, type Socket } from "node:net";
import { LAB_LIMITS } from "./limits.ts";

/** Connections on which a visitor sends bytes as they are, to see what a server makes of them. What is answered is recorded by the proxy. */
export class RawConnections {
  /** Oldest first. */
  readonly #open = new Set<Socket>();

  /** Sends the bytes on a new connection to a loopback port; it lasts until the other end ends it or falls silent. */
  send(port: number, bytes: Uint8Array): void {
    const [oldest] = this.#open;
    if (this.#open.size >= LAB_LIMITS.rawConnections) oldest?.destroy();
    const socket = connect(port, "127.0.0.1");
    this.#open.add(socket);
    socket.setTimeout(LAB_LIMITS.rawSilenceMs, () => socket.destroySoon());
    // Refused or reset: the weather's doing, and the recording shows it.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#open.delete(socket));
    socket.resume();
    socket.write(bytes);
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
