import diagnostics from "node:diagnostics_channel";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import { Server as TlsServer } from "node:tls";

/** The server's ends of the connections to one port of this process, which no client can see. */
export class ServerSockets implements Disposable {
  readonly #sockets = new Set<Socket>();
  /** TLS sockets and HTTP/2 streams, to which the server writes instead of the TCP socket. */
  readonly #above = new Set<Writable>();
  #server: TlsServer | null = null;
  readonly #port: number;
  readonly #watch: (message: unknown) => void;

  constructor(port: number) {
    this.#port = port;
    this.#watch = (message) => {
      if (typeof message !== "object" || message === null || !("socket" in message)) return;
      const { socket } = message;
      if (!(socket instanceof Socket) || socket.localPort !== this.#port) return;
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      this.#watchTls(Reflect.get(socket, "server"));
    };
    diagnostics.subscribe("net.server.socket", this.#watch);
  }

  get open(): readonly Socket[] {
    return [...this.#sockets];
  }

  /** Bytes that were written and that the operating system has not taken yet. */
  get queuedBytes(): number {
    return [...this.open, ...this.#above].reduce((sum, { writableLength }) => sum + writableLength, 0);
  }

  #watchTls(server: unknown): void {
    if (!(server instanceof TlsServer) || this.#server !== null) return;
    this.#server = server;
    const add = (writable: Writable): void => {
      this.#above.add(writable);
      writable.once("close", () => this.#above.delete(writable));
    };
    server.on("secureConnection", add);
    server.on("stream", add);
  }

  [Symbol.dispose](): void {
    diagnostics.unsubscribe("net.server.socket", this.#watch);
  }
}

/** Counts what a socket hands to the operating system: each call of its handle is one write. */
export function countWrites(socket: Socket, onWrite: () => void): void {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) throw new Error("the socket has no handle: it is closed");
  for (const method of [
    "writev",
    "writeBuffer",
    "writeLatin1String",
    "writeUtf8String",
    "writeAsciiString",
    "writeUcs2String",
  ]) {
    const original: unknown = Reflect.get(handle, method);
    if (typeof original !== "function") throw new Error(`this version of Node has no ${method} on its handles`);
    Reflect.set(handle, method, (...given: unknown[]) => {
      onWrite();
      return Reflect.apply(original, handle, given);
    });
  }
}
