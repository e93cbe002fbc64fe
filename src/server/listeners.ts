import dns from "node:dns";
import { type AddressInfo, createServer, type Server } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";

/**
 * The addresses a server listens on. There is one server, whatever their number: connections that arrive at the second
 * address and further are handed to it, so all its limits, deadlines and answers hold for them as well.
 */
export class Listeners {
  readonly #server: Server;
  readonly #others: Server[] = [];

  /** Closes the other addresses with `app`, and has its end wait for their connections'. Call it before `app` listens. */
  constructor(app: FastifyInstance) {
    this.#server = app.server;
    let closed: Promise<unknown> | null = null;
    app.addHook("preClose", async () => {
      closed = this.#close();
    });
    app.addHook("onClose", async () => {
      await closed;
    });
  }

  /** The first address, and the port of all of them. Throws before the server listens. */
  get bound(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new TypeError("The server does not listen on a port.");
    return address;
  }

  /** Listens on the port of the server on another address. Rejects with Node's error. */
  async add(host: string): Promise<void> {
    const other = createServer({ allowHalfOpen: !(this.#server instanceof TlsServer), noDelay: true });
    other.on("connection", (socket) => this.#server.emit("connection", socket));
    const { port } = this.bound;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    other.once("error", reject);
    other.listen({ host, port, ipv6Only: host.includes(":") }, resolve);
    await promise;
    this.#others.push(other);
  }

  /** Resolves to how many connections there are. */
  async connections(): Promise<number> {
    const counts = await Promise.all([this.#server, ...this.#others].map(countConnections));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  #close(): Promise<unknown> {
    return Promise.all(this.#others.map((other) => new Promise((resolve) => other.close(resolve))));
  }
}

/** Resolves to the addresses to listen on for `--host`: all that `localhost` has, since a browser may take any of them. */
export function addressesOf(host: string): Promise<string[]> {
  if (host !== "localhost") return Promise.resolve([host]);
  return new Promise((resolve) => {
    dns.lookup(host, { all: true }, (error, found) => {
      const addresses = error === null ? [...new Set(found.map(({ address }) => address))] : [];
      resolve(addresses.length === 0 ? [host] : addresses);
    });
  });
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
