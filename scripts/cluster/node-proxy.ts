import { once } from "node:events";
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Longer than anything runs: the client, not this proxy, ends an idle connection. */
const NEVER_MS = 1_000_000_000;

/** Paths of the laboratory, and of the file that states whether there is one. */
const LAB_PATH = /^\/(lab(?![^/?])|page\.json(?![^?]))/;

/** Headers that belong to one connection, not to the message (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = /^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade)$/i;

/** Names and values in turn, as Node's `rawHeaders`. */
type Headers = readonly string[];

/**
 * An HTTP/1.1 proxy before several nodes, without sticky sessions: each request and each upgrade goes to the next node,
 * also when several come on one connection. It streams both ways, and it hides nothing: a client whose node can't be
 * reached or ends in the middle of a response sees its own connection reset.
 */
export class NodeProxy implements AsyncDisposable {
  readonly url: URL;
  /** Requests and upgrades sent to each node so far. */
  readonly requests: number[];
  /** Where requests for the laboratory go; null: to the nodes, like all others. */
  lab: URL | null = null;
  /** Called for each request that goes to a node, with the port from which it came. */
  onRouted: ((port: number, node: number) => void) | null = null;
  readonly #nodes: URL[];
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sockets = new Set<Duplex>();
  readonly #skipped = new Set<number>();
  #next = 0;

  private constructor(server: Server, nodes: readonly URL[]) {
    const { port } = server.address() as AddressInfo; // It listens on TCP.
    this.url = new URL(`http://127.0.0.1:${port}/`);
    this.#server = server;
    this.#nodes = [...nodes];
    this.requests = nodes.map(() => 0);
    server.on("connection", (socket) => this.#track(socket));
    server.on("request", (incoming, response) => this.#onRequest(incoming, response));
    server.on("upgrade", (incoming, socket, head) => this.#onUpgrade(incoming, socket, head));
  }

  /** Listens on a port of loopback; 0 picks a free one. */
  static async start(nodes: readonly URL[], port = 0): Promise<NodeProxy> {
    const server = createServer({ keepAliveTimeout: NEVER_MS, requestTimeout: 0, headersTimeout: 0 });
    await once(server.listen(port, "127.0.0.1"), "listening");
    return new NodeProxy(server, nodes);
  }

  /** Sets a node's address: adds the next node, or moves one that was started again. */
  place(node: number, url: URL): void {
    this.#nodes[node] = url;
  }

  /** Excludes a node from further requests, or includes it again. Requests in flight continue. */
  skip(node: number, skips = true): void {
    if (skips) this.#skipped.add(node);
    else this.#skipped.delete(node);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await closed;
  }

  #onRequest(incoming: IncomingMessage, response: ServerResponse): void {
    const outgoing = this.#send(incoming, endToEnd(incoming), this.#agent);
    if (outgoing === null) {
      reset(incoming.socket);
      return;
    }
    outgoing.on("response", (answer) => {
      // A body that ends with its connection stays one: chunks would be bytes that no node sent.
      if (endsWithConnection(answer)) response.useChunkedEncodingByDefault = false;
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...endToEnd(answer)]);
      // The head of a stream comes long before its first event.
      response.flushHeaders();
      answer.pipe(response);
      // Without a length, a body that was cut would look complete.
      answer.on("close", () => answer.complete || reset(incoming.socket));
    });
    outgoing.on("error", () => response.writableEnded || reset(incoming.socket));
    response.on("close", () => response.writableFinished || outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #onUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Its connection becomes the tunnel, and does not go back to the others.
    const outgoing = this.#send(incoming, [...endToEnd(incoming), ...upgradeOf(incoming)], false);
    if (outgoing === null) {
      reset(socket);
      return;
    }
    socket.on("error", () => outgoing.destroy());
    socket.on("close", () => outgoing.destroy());
    outgoing.on("error", () => reset(socket));
    outgoing.on("response", (answer) => {
      socket.write(headOf(answer, [...endToEnd(answer), "Connection", "close"]));
      answer.pipe(socket);
    });
    outgoing.on("upgrade", (answer, tunnel, first) => {
      this.#track(tunnel);
      socket.write(headOf(answer, answer.rawHeaders));
      socket.write(first);
      tunnel.write(head);
      socket.pipe(tunnel).pipe(socket);
      socket.on("close", () => tunnel.destroy());
      tunnel.on("close", () => socket.destroy());
      tunnel.on("error", () => reset(socket));
    });
    outgoing.end();
  }

  /** Begins a request to the next node, or to the laboratory. Null: all nodes are skipped. */
  #send({ method, url = "", socket }: IncomingMessage, headers: Headers, agent: Agent | false): ClientRequest | null {
    const lab = LAB_PATH.test(url) ? this.lab : null;
    const target = lab ?? this.#nextNode(socket);
    if (target === null) return null;
    // The laboratory refuses forwarded callers. This proxy has none: it listens on loopback.
    const from = lab === null ? ["X-Forwarded-For", socket.remoteAddress ?? ""] : [];
    const { hostname: host, port } = target;
    return request({ host, port, method, path: url, headers: [...headers, ...from], agent });
  }

  #nextNode({ remotePort = 0 }: Socket): URL | null {
    for (const _ of this.#nodes) {
      const node = this.#next;
      const url = this.#nodes[node];
      this.#next = (node + 1) % this.#nodes.length;
      if (url === undefined || this.#skipped.has(node)) continue;
      this.requests[node] = (this.requests[node] ?? 0) + 1;
      this.onRouted?.(remotePort, node);
      return url;
    }
    return null;
  }

  #track(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

/** Returns the headers that are not about the connection alone. */
function endToEnd({ rawHeaders }: IncomingMessage): Headers {
  return pairsOf(rawHeaders).flatMap(([name, value]) => (HOP_BY_HOP.test(name) ? [] : [name, value]));
}

/** Returns whether a body has no other end than that of its connection (RFC 9112, section 6.3). */
function endsWithConnection({ headers }: IncomingMessage): boolean {
  return headers.connection === "close" && !("content-length" in headers) && !("transfer-encoding" in headers);
}

function upgradeOf({ headers }: IncomingMessage): Headers {
  return ["Connection", "Upgrade", "Upgrade", headers.upgrade ?? ""];
}

function headOf({ statusCode, statusMessage }: IncomingMessage, headers: Headers): string {
  const lines = pairsOf(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join("")}\r\n`;
}

function pairsOf(headers: Headers): [name: string, value: string][] {
  return Array.from({ length: headers.length / 2 }, (_, at) => [headers[2 * at] ?? "", headers[2 * at + 1] ?? ""]);
}

function reset(socket: Duplex): void {
  if (socket instanceof Socket) socket.resetAndDestroy();
  else socket.destroy();
}
