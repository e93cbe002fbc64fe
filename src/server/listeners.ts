import dns from "node:dns";
import { type AddressInfo, createServer, type Server } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { describeError, type Logger } from "./log.ts";

/**
 * The addresses a server listens on. One server handles the connections of all of them: those that arrive at a further
 * address are handed to it, so that its limits, deadlines and answers apply to them too.
 */
export class Listeners {
  readonly #server: Server;
  readonly #others: Server[] = [];

  constructor(server: Server) {
    this.#server = server;
  }

  /** Closes the further addresses with `app`, whose end then waits for their connections. Call it before `app` listens. */
  closeWith(app: FastifyInstance): void {
    let closed: Promise<unknown> | null = null;
    app.addHook("preClose", async () => {
      closed = this.close();
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

  /** Listens on further addresses, on the server's port. An address that fails is logged and skipped. */
  async add(hosts: readonly string[], log: Pick<Logger, "warn">): Promise<void> {
    for (const host of hosts) {
      await this.#listenOn(host).catch((error: unknown) => {
        log.warn({ host, ...describeError(error) }, "can't listen on one of the addresses of the host");
      });
    }
  }

  /** Stops to listen on the further addresses. Resolves when their connections have ended. */
  close(): Promise<unknown> {
    return Promise.all(this.#others.map((other) => new Promise((resolve) => other.close(resolve))));
  }

  async #listenOn(host: string): Promise<void> {
    const other = createServer({ allowHalfOpen: !(this.#server instanceof TlsServer), noDelay: true });
    other.maxConnections = this.#server.maxConnections;
    other.on("connection", (socket) => this.#server.emit("connection", socket));
    const { port } = this.bound;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    other.once("error", reject);
    other.listen({ host, port, ipv6Only: host.includes(":") }, resolve);
    await promise;
    this.#others.push(other);
  }

  /** Resolves to the number of open connections. */
  async connections(): Promise<number> {
    const counts = await Promise.all([this.#server, ...this.#others].map(countConnections));
    return counts.reduce((sum, count) => sum + count, 0);
  }
}

/** Resolves to the addresses to listen on for a host: every address of `localhost`, since a browser may use any of them. */
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
